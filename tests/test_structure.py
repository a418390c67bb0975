"""The house's rules: four rooms that never import one another, and an overview that names every file."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("models", "data", "options", "util")
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def imported(path):
    """(level, first name) of every import of a file; level 0 is absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name.split(".")[0], 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, (node.module or "").split(".")[0], len(path.relative_to(ROOT).parts) - 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_room_imports_no_other_room(path):
    for level, name, depth in imported(path):
        if level == 0:
            assert name not in (*ROOMS, "semdepth", "train", "test")
        else:
            assert level <= depth, "a relative import that leaves the room breaks the checkout"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_small(path):
    assert len(path.read_text().splitlines()) <= 300


def test_there_is_no_package_at_the_root():
    assert not (ROOT / "__init__.py").exists()


def test_the_overview_names_every_file():
    named = set(re.findall(r"`([\w./]+\.(?:py|css|js))`", (ROOT / "docs/overview.md").read_text()))
    there = {path.relative_to(ROOT).as_posix() for path in FILES if path.name != "__init__.py"}
    there |= {"train.py", "test.py", "setup.py"} | {
        f"benchmarks/{path.name}" for path in (ROOT / "benchmarks").glob("*.py")
    }
    there |= {
        path.relative_to(ROOT).as_posix() for kind in ("css", "js") for path in (ROOT / "util").rglob(f"*.{kind}")
    }
    assert named == there
