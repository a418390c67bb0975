"""Images of another scale than those of the training are named in one line, and marked."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import test as testing
from data.simulate import main as simulate
from util.results import TrainingScale

PRETRAINED = ["--checkpoints_dir", str(Path(__file__).parents[3] / "pretrained"), "--name", "holes"]


@pytest.mark.parametrize(
    "pixel_nm, shape, expected",
    [
        (2.08, (72, 48), ()),
        (2.25, (78, 52), ()),
        (0, (72, 48), ()),
        (2.31, (72, 48), ("pixel",)),
        (1.8, (72, 48), ("pixel",)),
        (2.08, (72, 54), ("size",)),
        (4, (144, 96), ("pixel", "size")),
    ],
)
def test_more_than_a_tenth_is_another_scale(pixel_nm, shape, expected):
    scale = TrainingScale(2.08, (72, 48))
    assert scale.flags(shape, pixel_nm) == expected
    assert len(scale.lines(pixel_nm)) == ("pixel" in expected)


def test_what_is_not_known_is_said_and_not_compared():
    assert TrainingScale().flags((99, 99), 5) == ()
    (line,) = TrainingScale().lines(5)
    assert "not known" in line and TrainingScale().lines(0) == []


@pytest.mark.parametrize("content", ["", "[]", '{"size": 3}', '{"pixel_nm": "wide"}'])
def test_a_damaged_file_tells_nothing(tmp_path, content):
    (tmp_path / "training_images.json").write_text(content)
    opt = SimpleNamespace(
        run=SimpleNamespace(path=tmp_path), test=SimpleNamespace(tile_size=()), data=SimpleNamespace(preprocess="none")
    )
    assert TrainingScale.of(opt) == TrainingScale()


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    assert simulate(["--dataroot", str(data), "--num_shapes", "2", "--num_real", "4", "--num_test", "4"]) == 0
    whole = [np.asarray(Image.open(path).convert("L")) for path in sorted((data / "test/SEM").rglob("*.png"))]
    (data / "seen").mkdir()
    Image.fromarray(whole[0]).save(data / "seen/0001.png")
    Image.fromarray(whole[1][:, 14:]).save(data / "seen/0002.png")  # cut, and narrower
    Image.fromarray(np.tile(whole[2], (2, 2))).save(data / "seen/0003.png")
    return data / "seen"


def predict(images, results, *words):
    assert testing.main(["--dataroot", str(images), "--results_dir", str(results), *PRETRAINED, *words]) == 0
    folder = results / "holes/test_latest"
    with (folder / "holes.csv").open(newline="") as file:
        return folder, list(csv.DictReader(file))


def test_rows_are_marked_and_the_end_of_a_test_says_so(images, tmp_path, capsys):
    folder, rows = predict(images, tmp_path, "--pixel_nm", "3")
    assert [row["flags"] for row in rows] == ["pixel", "ood+border+pixel+size", "ood+several+pixel+size"]
    said = capsys.readouterr().out
    assert "pixels of 3 nm where those of the training have 2.08 nm" in said
    assert "2 of another image size than in training: 0002, 0003; crop them" in said
    assert "statistics leave out 1 cut by the image's border: 0002; 1 more than one hole, measured as one: 0003" in said
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["flagged"] == {"pixel": 3, "ood": 2, "border": 1, "size": 2, "several": 1}
    page = (folder / "index.html").read_text()
    assert "statistics leave out 1 cut by" in page and "2 of another image size" in page


def test_names_that_look_like_numbers_stay_text(images, tmp_path):
    folder, rows = predict(images, tmp_path, "--pixel_nm", "2.08")
    assert [row["id"] for row in rows] == ["/0001", "/0002", "/0003"] and rows[0]["flags"] == ""
    pandas = pytest.importorskip("pandas")
    for table in ("holes.csv", "background_levels.csv"):
        assert pandas.read_csv(folder / table)["id"].tolist() == ["/0001", "/0002", "/0003"]
        text = pandas.read_csv(folder / table, dtype={"image": str, "site": str, "field": str})
        assert text["image"].tolist() == ["0001", "0002", "0003"]
