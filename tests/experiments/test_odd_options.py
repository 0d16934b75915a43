"""Odd YAML in configurations, skeletons and options ends in a result or one line."""

import pytest

from experiments import convert, run
from experiments.command_line import parse_run
from experiments.parser import MAX_MESSAGE, printable
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from tests.odd_yaml import ODD, TOO_LARGE, VALUES

ALL = TOO_LARGE | ODD | VALUES
OPTIONS = (
    "seed",
    "data.recordings",
    "trainer.learning_rate",
)  # of three types; a parse takes 0.1 s
SKELETON_KEYS = ("name", "markers", "file_rows", "edges", "parts", "aliases", "root", "subset_of")


def is_refused(what, argument) -> bool:
    """Whether an argument is refused in one line; any other error fails the test."""
    try:
        what(argument)
    except UserError as error:
        said = str(error)
    else:
        return False
    assert "\n" not in said
    return True


def yaml_file(path, text):
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


@pytest.mark.parametrize("name", [*TOO_LARGE, *ODD])
def test_an_odd_file_is_refused_as_configuration_and_as_skeleton(tmp_path, name):
    path = yaml_file(tmp_path / "odd.yaml", ALL[name])
    assert is_refused(load_skeleton, path)
    assert is_refused(lambda path: parse_run(["--config", str(path)]), path)
    assert is_refused(lambda path: parse_run([f"--trainer={path}"]), path)


@pytest.mark.parametrize("name", VALUES)
def test_an_odd_value_of_a_key_is_a_result_or_one_line(tmp_path, name):
    for key in SKELETON_KEYS:
        path = yaml_file(tmp_path / "s.yaml", f"markers: [A, B]\n{key}: {ALL[name]}")
        is_refused(load_skeleton, path)
    for option in OPTIONS:
        keys = option.split(".")
        text = "\n".join(f"{'  ' * at}{key}:" for at, key in enumerate(keys))
        path = yaml_file(tmp_path / "c.yaml", f"{text} {ALL[name]}")
        is_refused(lambda path: parse_run(["--config", str(path)]), path)


@pytest.mark.parametrize("name", [name for name in ALL if len(ALL[name]) < 110_000])
def test_an_odd_option_is_a_result_or_one_line(name):
    """A larger argument is refused by the operating system."""
    for option in OPTIONS:
        is_refused(lambda option: parse_run([f"--{option}={ALL[name]}"]), option)
    if name not in VALUES:
        assert is_refused(
            lambda option: parse_run([f"--{option}={ALL[name]}"]), "trainer.max_epochs"
        )


def test_a_skeleton_of_many_markers_is_read(tmp_path):
    """The checks of names take time in proportion to their number, not to its square."""
    names = ", ".join(f"m{number}" for number in range(20_000))
    assert len(load_skeleton(yaml_file(tmp_path / "s.yaml", f"markers: [{names}]"))) == 20_000


def test_a_skeleton_that_is_a_subset_of_itself_is_refused(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(f"subset_of: {path}\nmarkers: [A, B]")
    with pytest.raises(UserError, match="leads back"):
        load_skeleton(path)


def test_a_message_is_cut_and_escaped(run_command, tmp_path):
    said, code = run_command(run, f"--seed={'x' * 50_000}")
    assert code == 2
    assert len(said) <= MAX_MESSAGE + 20
    said, code = run_command(convert, tmp_path / "a\x1b[2J\nb.npy", tmp_path / "b.npz")
    assert code == 2
    assert "\\x1b[2J\\nb.npy" in said
    assert "\x1b" not in said
    assert len(said.splitlines()) == 1


def test_printable_keeps_letters_and_escapes_what_a_terminal_carries_out():
    assert printable("é – 日本\nnext") == "é – 日本\nnext"
    assert printable("\x1b]0;x\x07\x9b2J\r\u202eabc") == "\\x1b]0;x\\x07\\x9b2J\\x0d\\u202eabc"


@pytest.mark.parametrize("seed", [-1, 2**31, 2**70, "1.5", "true", ".nan"])
def test_an_odd_seed_is_one_line(seed):
    assert is_refused(lambda seed: parse_run([f"--seed={seed}"]), seed)


@pytest.mark.parametrize("option", ["data.seq_len", "trainer.batch_size", "network.latent_size"])
def test_a_whole_number_beyond_what_libraries_hold_is_one_line(option):
    assert is_refused(lambda number: parse_run([f"--{option}={number}"]), 2**64)


@pytest.mark.parametrize("option", ["trainer.batch_size", "data.seq_len", "tracking.project"])
def test_null_for_an_option_that_must_be_given_is_refused(tmp_path, option):
    group, _, name = option.rpartition(".")
    path = yaml_file(tmp_path / "c.yaml", f"{group}:\n  {name}:" if group else f"{name}:")
    with pytest.raises(UserError, match=rf"{name} is null"):
        parse_run(["--config", str(path)])


def test_null_for_an_option_that_may_be_null_is_taken(tmp_path):
    path = yaml_file(tmp_path / "c.yaml", "trainer:\n  resume:\nname:")
    assert parse_run(["--config", str(path)]).name is None
