"""Runs side by side: the figures, the page, and what cannot be compared."""

import json

import numpy as np
import pytest

from util.compare.__main__ import main
from util.metrology.hole_measurement import measure_holes
from util.results.image_result import ImageResult
from util.results.results_writer import ResultsWriter


def results(folder, deeper, rmse):
    """Results of three holes, `deeper` nm deeper than 100, with a score."""
    y, x = np.indices((72, 48))
    hole = np.clip((20 - np.hypot(x - 23, (y - 35) / 1.4)) / 6, 0, 1)
    with ResultsWriter(folder, 1.0) as writer:
        for n in range(3):
            depth = (100 + deeper) * hole
            found = {name: float(values[0]) for name, values in measure_holes(depth[None]).items()}
            stem = f"<img src=x onerror=alert({n})>"
            writer.write([ImageResult(stem, 140 - depth, 140 - depth, 140 - depth, level=140, measurements=found)])
        map_score = {"rmse": rmse, "rmse_hole": rmse, "bias": 0.1, "level_accuracy": 1.0}
        facts = {"run": folder.parent.name, "images": 3, "parameters": 12, "images_per_second": 5.0}
        writer.write_metrics(facts | {"score": {"quantised": map_score}})


@pytest.fixture
def two(tmp_path):
    results(tmp_path / "r/one/test_latest", 0, 2.5)
    results(tmp_path / "r/two/test_latest", 7, 1.5)
    return tmp_path


def test_two_runs_and_what_is_better(two, capsys):
    for name, width in (("one", 8), ("two", 16)):
        (two / "ck" / name).mkdir(parents=True)
        (two / "ck" / name / "opt.json").write_text(json.dumps({"width": width, "lr": 0.1}))
    where = ["--results_dir", str(two / "r"), "--checkpoints_dir", str(two / "ck"), "--out", str(two / "c.html")]
    assert main(["one", str(two / "r/two/test_latest"), *where]) == 0
    said = capsys.readouterr().out
    assert "RMSE [grey level]" in said and "2.50" in said and "1.50" in said
    page = (two / "c.html").read_text()
    assert "<b>1.50</b>" in page and "<b>2.50</b>" not in page
    assert "+6.97 ± " in page, "the floor, a little of whose rim is wall, is deeper by nearly 7 nm"
    assert "--width" in page and "--lr" not in page, "only what differs"
    assert page.count("data:image/png") == 3 * 3 and "<img src=x" not in page


@pytest.mark.parametrize(
    "words, line",
    [
        (["one"], "name at least two runs"),
        (["one", "three"], "three: neither a folder of results nor a run"),
        (["one", "two", "--images", "-1"], "--images -1: must be at least 0"),
    ],
)
def test_what_cannot_be_compared_is_one_line(two, words, line, capsys):
    assert main([*words, "--results_dir", str(two / "r"), "--out", str(two / "c.html")]) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
    assert not (two / "c.html").exists()


@pytest.mark.parametrize("text", ["", "[1]", "{", "\xff"])
def test_damaged_metrics_are_one_line(two, text, capsys):
    (two / "r/two/test_latest/metrics.json").write_bytes(text.encode("latin-1"))
    assert main(["one", "two", "--results_dir", str(two / "r"), "--out", str(two / "c.html")]) == 2
    assert "metrics.json" in capsys.readouterr().err
