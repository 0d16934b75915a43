"""What is read beside the code is a part of the package; `.ci/package` builds and runs it."""

from configparser import ConfigParser
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path

from experiments.command_line import CONFIGS
from mariel_gnn.models.table import MODELS

ROOT = Path(__file__).parents[1]


def test_the_package_has_the_configurations():
    shipped = {path.name for path in CONFIGS.glob("*.yaml")}
    assert Path(str(files("mariel_gnn"))) / "configs" == CONFIGS
    assert shipped == {path.name for path in (ROOT / "configs").glob("*.yaml")}
    assert shipped >= {f"{model}.yaml" for model in MODELS}


def test_every_data_file_beside_the_code_is_in_the_wheel():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    patterns = [
        f"{package.replace('.', '/')}/{pattern.strip()}"
        for package, given in setup["options.package_data"].items()
        for pattern in given.split(",")
    ]
    data = {
        path.relative_to(ROOT).as_posix()
        for folder in ("mariel_gnn", "experiments")
        for path in [*(ROOT / folder).rglob("*"), *(ROOT / folder / "configs").glob("*")]
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert len(data) > 20
    assert not {path for path in data if not any(fnmatch(path, each) for each in patterns)}
