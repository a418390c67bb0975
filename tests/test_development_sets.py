"""The data sets that candidates are compared on: their programs and their cells."""

import importlib
import runpy
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from benchmarks import blind_benchmark
from data import simulate

FOLDER = Path(blind_benchmark.__file__).parent / "development"
SMALL = {"stems": 1, "real": 4, "test": 1, "size": "32,32"}


def make_cell(tmp_path, monkeypatch, cell):
    """The data set of a cell of the plan, with few images: {path inside it: pixels}."""
    monkeypatch.setattr(simulate, "clean_signal", simulate.clean_signal)  # the programs replace both
    monkeypatch.setattr(simulate, "sem_image", simulate.sem_image)

    def run_here(program, *words):
        assert importlib.import_module(program).main(list(map(str, words))) == 0

    monkeypatch.setattr(blind_benchmark.leaderboard, "run_command", run_here)
    plan = yaml.safe_load((FOLDER / "development.yaml").read_text())
    blind_benchmark.make_dataset(tmp_path, plan["cells"][cell] | SMALL, FOLDER)
    root = tmp_path / "sem"
    return {str(path.relative_to(root)): np.array(Image.open(path).convert("L")) for path in root.rglob("*.png")}


def of_folder(images, folder):
    return [pixels for path, pixels in sorted(images.items()) if path.startswith(folder)]


def test_another_renderer_on_each_side(tmp_path, monkeypatch):
    mixed = make_cell(tmp_path / "mixed", monkeypatch, "horizon_slow")
    seed, parts = 9005, ("instrument", "population")
    foreign = [word for part in parts for word in (f"--real_{part}", str(FOLDER / f"slow_{part}.json"))]
    monkeypatch.undo()
    root = tmp_path / "simulator"
    words = [
        "--num_shapes",
        "1",
        "--num_real",
        "4",
        "--num_test",
        "1",
        "--seed",
        str(seed),
        "--size",
        "32,32",
        *foreign,
    ]
    assert simulate.main(["--dataroot", str(root), *words]) == 0
    for path, pixels in mixed.items():
        same = np.array_equal(pixels, np.array(Image.open(root / path).convert("L")))
        assert same != path.startswith("simulation_data/SEM"), path


@pytest.mark.parametrize(("cell", "own"), [("monte_carlo", False), ("monte_carlo_no_gap", True)])
def test_monte_carlo_sets_have_the_gap_that_they_are_named_for(tmp_path, monkeypatch, cell, own):
    pytest.importorskip("numba")
    images = make_cell(tmp_path, monkeypatch, cell)
    real, library = (of_folder(images, folder) for folder in ("train/SEM", "simulation_data/SEM"))
    surface, library_surface = (np.mean([pixels[:2].mean() for pixels in part]) for part in (real, library))
    assert (abs(surface - library_surface) < 15) == own  # the simulator's own surface is 35 grey levels brighter here
    assert all(pixels.max() == 212 for pixels in real)


def test_monte_carlo_yields_are_those_of_nebula():
    pytest.importorskip("numba")
    program = runpy.run_path(str(FOLDER / "monte_carlo.py"))
    materials, radius = np.array([program["RESIST"], program["SILICON"]]), np.hypot(*np.mgrid[-24:24, -24:24])
    yields = {}
    for depth in (0.0, 15.0, 30.0, 60.0):
        surface = -depth * np.clip(15.5 - radius, 0, 1)
        film = depth if depth else 1000.0
        slow, _ = program["image"](surface, 1.0, materials, film, 30.0, program["ENERGY"], 0)
        yields[depth] = slow[radius < 9].mean() / 30
    expected = {0.0: 1.72, 15.0: 0.553, 30.0: 0.371, 60.0: 0.166}  # Nebula's flat resist, and floors of silicon
    assert yields == pytest.approx(expected, rel=0.25)
    assert yields[0.0] == pytest.approx(1.72, rel=0.03)
