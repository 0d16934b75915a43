"""The order of the rooms: no import goes upwards, no files import each other in a circle."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the ground up: a room imports only what stands before it.
ROOMS = (
    *("errors", "ranges", "parsing", "files", "run_folder", "tracking", "mocap", "graphs", "data"),
    *("metrics", "losses", "models", "generation", "evaluation", "training", "config"),
    *("comparison", "viz", "benchmark"),
)
FLOOR = {f"mariel_gnn.{room}": floor for floor, room in enumerate(ROOMS)}
MOST_LINES = 350


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {
    name_of(path): path
    for folder in ("mariel_gnn", "experiments")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def imported(path: Path) -> set[str]:
    """The modules of the project that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in FILES else node.module for name in below}
    return found & FILES.keys()


IMPORTS = {name: imported(path) for name, path in FILES.items()}
# The faces of packages hand names on when they are first used; they stand above all rooms.
FACES = {name for name, path in FILES.items() if path.name == "__init__.py"}


def floor_of(name: str) -> int:
    if name.startswith("experiments"):
        return len(ROOMS)
    return FLOOR[".".join(name.split(".")[:2])]


@pytest.mark.parametrize("name", sorted(IMPORTS.keys() - FACES))
def test_no_import_goes_upwards(name):
    for other in IMPORTS[name] - {"mariel_gnn"}:
        assert floor_of(other) <= floor_of(name), f"{name} imports {other}"


def test_no_files_import_each_other_in_a_circle():
    graph = {name: others - FACES for name, others in IMPORTS.items() if name not in FACES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' -> '.join(error.args[1])}")


def test_the_library_does_not_import_its_own_faces():
    """Through a face everything behind it would load."""
    users = {
        name for name, others in IMPORTS.items()
        if name.startswith("mariel_gnn.") and name not in FACES and others & FACES
    }  # fmt: skip
    assert not users


@pytest.mark.parametrize("module", ["mariel_gnn", "mariel_gnn.mocap", "mariel_gnn.data"])
def test_a_face_loads_no_torch(module):
    code = f"import sys, {module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_motion_capture_needs_no_torch():
    modules = ", ".join(name for name in FILES if name.startswith("mariel_gnn.mocap"))
    code = f"import sys, {modules}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_no_file_is_too_long_to_read_at_one_sitting():
    scripts = sorted((ROOT / "mariel_gnn" / "viz" / "page").glob("*.js"))
    for path in [*FILES.values(), *scripts]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= MOST_LINES, f"{path}: {lines} lines"
