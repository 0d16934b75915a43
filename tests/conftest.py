"""What all tests share: small recordings, the synthetic dancer, and the real ones where they are."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

# One thread, here and in the commands that tests start: the threads of a small model wait for each other, on
# a busy machine for minutes.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# Shapes in signatures are checked wherever tests go, and cost nothing outside them.
install_import_hook(
    [
        f"mariel_gnn.{name}"
        for name in ("models", "losses", "graphs.layers", "data.windows", "data.augmentation")
    ]
    + [
        f"mariel_gnn.{name}"
        for name in (
            "metrics.reconstruction",
            "metrics.samples",
            "evaluation.baselines",
            "evaluation.relations",
            "data.heading",
        )
    ],
    "beartype.beartype",
)

from experiments.parser import guarded
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from tests import tally as tallies

RATE_HZ = 35.0
NOT_MARKERS = (26, 53)  # rows of a field file: LabelingHips, SolvingHips

# The same examples on every machine, and no clock: a shared core is slow at times.
settings.register_profile("mariel", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("mariel")


@pytest.fixture(autouse=True, scope="session")
def same_arithmetic_on_every_processor():
    """Training computes in float32; `test_fast_products.py` has the laws of the other way."""
    from mariel_gnn.models import fast_products

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_products, "multiplies_bfloat16", lambda: False)
        yield


@pytest.fixture(scope="session")
def mariel53():
    return load_skeleton("mariel53")


@pytest.fixture(scope="session")
def mariel18():
    return load_skeleton("mariel18")


@pytest.fixture(scope="session")
def dance() -> np.ndarray:
    """Forty seconds of the synthetic dancer, `[1400, 53, 3]` metres, z up."""
    return synthesize_recording(3, seconds=40).astype(np.float32)


@pytest.fixture(scope="session")
def smooth(dance):
    """A maker of smooth travelling positions `[T, J, C]` in metres, z up; 53 markers form a body."""

    def make(frames: int, seed: int = 0, markers: int = 53) -> np.ndarray:
        rng = np.random.default_rng(seed)
        place = rng.normal(0, 0.4, (1, markers, 3)) + np.array([0, 0, 1])
        if markers == dance.shape[1]:
            turn = np.exp(1j * rng.uniform(0, 2 * np.pi)) * (dance[:1, :, 0] + 1j * dance[:1, :, 1])
            place = np.stack([turn.real, turn.imag, dance[:1, :, 2]], axis=2)
        travel = np.cumsum(rng.normal(0, 0.02, (frames, 1, 3)), axis=0)
        own = np.cumsum(rng.normal(0, 0.002, (frames, markers, 3)), axis=0)
        return (place + travel + own).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def record(smooth):
    """A maker of smooth recordings, each of a file of its own."""

    def make(
        frames: int, seed: int = 0, start_frame: int = 0, source: str | None = None
    ) -> Recording:
        name = f"take{seed}"
        return Recording(
            name, smooth(frames, seed), RATE_HZ, source or f"/takes/{name}.npy", start_frame
        )

    return make


@pytest.fixture
def write_field(tmp_path):
    """A writer of positions `[T, 53, C]`, z up, as a field file `(55, T, 3)`, z down."""

    def write(name: str, positions: np.ndarray) -> Path:
        rows = np.full((55, len(positions), 3), 7.0, np.float32)  # the two odd rows hold nonsense
        rows[[row for row in range(55) if row not in NOT_MARKERS]] = positions.transpose(1, 0, 2)
        rows[..., 1:] *= -1
        np.save(tmp_path / name, rows)
        return tmp_path / name

    return write


@pytest.fixture
def run_command(capsys, monkeypatch):
    """What a command says, of a mistake if it ends in one, and its exit status."""

    def tell(command, *arguments):
        monkeypatch.setattr(sys, "argv", [command.__name__, *map(str, arguments)])
        code = 0
        try:
            guarded(command.main)
        except SystemExit as ended:
            code = ended.code or 0
        printed = capsys.readouterr()
        return (printed.err if code else printed.out).strip(), code

    return tell


@pytest.fixture(scope="session")
def real_recordings() -> list[Path]:
    """The field's real recordings, which are not part of the repository."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "recordings"
    if not folder.is_dir():
        pytest.skip(f"the folder {folder} with real recordings is absent")
    return sorted(folder.glob("*.npy"))


@pytest.fixture
def tally(request):
    """Counts the cases of a fuzzing test; with FUZZ_CASES a table of all is printed at the end."""
    counts = tallies.Tally(request.node.name)
    counts.start()
    yield counts
    request.node.user_properties.append(("tally", counts.end()))


def pytest_terminal_summary(terminalreporter):
    """Print the counts of fuzzing tests, of all processes."""
    reports = [each for of_kind in terminalreporter.stats.values() for each in of_kind]
    found = {
        value["test"]: value
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "tally"
    }
    if found and "FUZZ_CASES" in os.environ:
        terminalreporter.write_line("\n".join(tallies.table(found.values())))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: whole commands, then those marked slow, come last."""
    items.sort(key=lambda item: ("slow" in item.keywords, item.path.parent.name == "experiments"))
