"""The rules of the house: four islands, packages with public names, small files, two short entry points."""

import ast
import re
from pathlib import Path

import pytest

import data.grey_levels
import models.grey_levels
import util.scoring.metrics

ROOT = Path(__file__).parents[1]
ISLANDS = ("models", "data", "options", "util")
ENTRY_POINTS = (ROOT / "train.py", ROOT / "test.py")
FILES = [path for island in ISLANDS for path in sorted((ROOT / island).rglob("*.py"))]
PACKAGES = sorted({path.parent for path in FILES})
MAX_MODULES, MAX_LINES, MAX_ENTRY_LINES, MAX_FUNCTION_LINES = 16, 300, 140, 40
# Words that only the first authors understood; identifiers use the field's terms instead.
PRIVATE_WORDS = set(
    """doubts said told hasten Studio Trust surprise strange strangeness settled steady in_words fleet breakdown
    evenly gallery found one apart oddities passed_over put_back neutral lead_says exposed drawing become_real
    hold_offsets lacks criterion quantise quantised centred Fusion Lexicon Tolerant Terminal Judged""".split()  # noqa: SIM905
)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def imports(path):
    """(folder or module that is imported from, names) of every import of the project's own code, as paths."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in (*ISLANDS, "semdepth", "benchmarks", "tests", "train", "test"):
                    yield ROOT.joinpath(*alias.name.split(".")), ()
        elif isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".") if node.module else []
            if node.level:
                yield path.parents[node.level - 1].joinpath(*parts), [alias.name for alias in node.names]
            elif parts[0] in (*ISLANDS, "semdepth", "benchmarks", "tests", "train", "test"):
                yield ROOT.joinpath(*parts), [alias.name for alias in node.names]


def exported(package):
    """The public names of a package: its `__all__`, which a package that loads lazily has in a stub."""
    stub = package / "__init__.pyi"
    tree = ast.parse((stub if stub.exists() else package / "__init__.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_an_island_imports_no_other_island(path):
    island = path.relative_to(ROOT).parts[0]
    for target, _ in imports(path):
        assert target.relative_to(ROOT).parts[0] == island, f"{name_of(path)} imports {target}"


@pytest.mark.parametrize("path", [*FILES, *ENTRY_POINTS], ids=name_of)
def test_other_packages_are_imported_by_their_public_names(path):
    """A module sees those of its own folder and of the folders around it; of all others only what they export."""
    for target, names in imports(path):
        if target.is_dir():
            package, wanted = target, set(names)
        else:
            package, wanted = target.parent, None
        if package in (path.parent, *path.parent.parents) and package != ROOT:
            continue
        assert wanted is not None, f"{name_of(path)} imports the module {target.name}; import from its package"
        assert wanted <= exported(package), f"{name_of(path)}: {package.name} does not export {wanted}"


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_a_package_is_small_and_says_what_lives_there(package):
    modules = [path for path in package.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MAX_MODULES
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    assert len(text) > 60, "its docstring says what lives there, and what does not"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_small(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", ENTRY_POINTS, ids=name_of)
def test_entry_points_are_short_and_hold_no_loop(path):
    assert len(path.read_text().splitlines()) <= MAX_ENTRY_LINES
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    assert functions and all(node.end_lineno - node.lineno < MAX_FUNCTION_LINES for node in functions)
    assert not [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.While)]


@pytest.mark.parametrize("path", [*FILES, *ENTRY_POINTS], ids=name_of)
def test_identifiers_are_no_private_words(path):
    used = set()
    for node in ast.walk(ast.parse(path.read_text())):
        used |= {getattr(node, kind, None) for kind in ("id", "attr", "arg")}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            used.add(node.name)
    assert not used & PRIVATE_WORDS


def test_the_islands_agree_on_what_grey_levels_mean():
    floors = {data.grey_levels.FLOOR, models.grey_levels.FLOOR, util.scoring.metrics.FLOOR}
    assert floors == {30} and data.grey_levels.LEVELS == models.grey_levels.LEVELS == (140, 150, 160, 170)


def test_there_is_no_package_at_the_root():
    assert not (ROOT / "__init__.py").exists()


def test_the_overview_names_every_file():
    named = set(re.findall(r"`([\w./]+\.(?:py|css|js))`", (ROOT / "docs/overview.md").read_text()))
    files = {name_of(path) for path in FILES if path.name != "__init__.py"}
    files |= {"train.py", "test.py", "setup.py"} | {name_of(path) for path in (ROOT / "benchmarks").glob("*.py")}
    files |= {name_of(path) for kind in ("css", "js") for path in (ROOT / "util").rglob(f"*.{kind}")}
    assert named == files
