"""The model of the checkout gives depth maps of what data.simulate makes, and says what it does not know."""

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


def test_its_options_name_no_machine():
    saved = json.loads((ROOT / "pretrained/holes/opt.json").read_text())
    assert not any(str(value).startswith(("/", "~")) for value in saved.values())
    assert sum(path.stat().st_size for path in (ROOT / "pretrained").rglob("*.pth")) < 6e6


@pytest.mark.parametrize("seed", [31, 32])
def test_depth_maps_of_new_data(tmp_path, seed):
    data, results = tmp_path / "sem", tmp_path / "results"
    assert simulate(["--dataroot", str(data), "--stems", "2", "--real", "4", "--test", "40", "--seed", str(seed)]) == 0
    assert testing.main(["--dataroot", str(data), "--results_dir", str(results), *RUN]) == 0
    score = json.loads((results / "holes/test_latest/metrics.json").read_text())["score"]
    assert score["quantised"]["rmse"] < 4 < 8 < score["mean_map_level_given"]["rmse"]
    assert score["levels"]["accuracy"] >= 0.95 and score["intervals"]["pixels"] > 0.75


def test_what_is_no_hole_is_called_strange(tmp_path):
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    for n in range(4):
        Image.fromarray(rng.integers(0, 255, (72, 48), dtype=np.uint8)).save(tmp_path / f"images/{n}.png")
    results = tmp_path / "results"
    assert testing.main(["--dataroot", str(tmp_path / "images"), "--results_dir", str(results), *RUN]) == 0
    with (results / "holes/test_latest/holes.csv").open(newline="") as file:
        assert [row["outside_known"] for row in csv.DictReader(file)] == ["1"] * 4
    page = (results / "holes/test_latest/index.html").read_text()
    assert "4 of 4 images are outside what the model knows" in page
