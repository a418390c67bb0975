"""The model in pretrained/ predicts simulated data accurately, and flags what is out of distribution."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import test as testing
from data.simulate import main as simulate

ROOT = Path(__file__).parents[1]
RUN = ["--checkpoints_dir", str(ROOT / "pretrained"), "--name", "holes"]


def test_its_options_contain_no_path_of_a_machine():
    saved = json.loads((ROOT / "pretrained/holes/opt.json").read_text())
    assert not any(str(value).startswith(("/", "~")) for value in saved.values())
    size = sum(path.stat().st_size for path in (ROOT / "pretrained").rglob("*.pth"))
    assert size < 8e6  # 2.5 MB of it are maps that calibrate the intervals of measures


@pytest.mark.parametrize("seed", [31, 32])
def test_depth_maps_of_new_data(tmp_path, seed):
    data, results = tmp_path / "sem", tmp_path / "results"
    size = ["--num_shapes", "2", "--num_real", "4", "--num_test", "40"]
    assert simulate(["--dataroot", str(data), *size, "--seed", str(seed)]) == 0
    assert testing.main(["--dataroot", str(data), "--results_dir", str(results), *RUN]) == 0
    score = json.loads((results / "holes/test_latest/metrics.json").read_text())["score"]
    assert score["snapped"]["rmse"] < 4 < 8 < score["mean_map_oracle_level"]["rmse"]
    assert score["levels"]["accuracy"] >= 0.95 and score["intervals"]["coverage_pixels"] > 0.75


def test_holes_of_its_own_population_are_not_flagged(tmp_path):
    """The data set of the README's first minute, found by the name alone; the model learned none of its shapes."""
    data, results = tmp_path / "sem", tmp_path / "results"
    assert simulate(["--dataroot", str(data), "--num_shapes", "4", "--num_real", "16", "--num_test", "40"]) == 0
    assert testing.main(["--dataroot", str(data), "--results_dir", str(results), "--name", "holes"]) == 0
    score = json.loads((results / "holes/test_latest/metrics.json").read_text())["score"]
    assert score["intervals"]["ood_rate"] <= 0.05


def test_images_without_a_hole_are_flagged(tmp_path):
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    for n in range(4):
        Image.fromarray(rng.integers(0, 255, (72, 48), dtype=np.uint8)).save(tmp_path / f"images/{n}.png")
    results = tmp_path / "results"
    assert testing.main(["--dataroot", str(tmp_path / "images"), "--results_dir", str(results), *RUN]) == 0
    with (results / "holes/test_latest/holes.csv").open(newline="") as file:
        assert [row["is_ood"] for row in csv.DictReader(file)] == ["1"] * 4
    page = (results / "holes/test_latest/index.html").read_text()
    assert "4 of 4 images are flagged OOD (out of distribution)" in page
