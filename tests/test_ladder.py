"""The ladder in its quick form: every row trained, joined, tested, and on the page; typed again it repeats nothing."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.leaderboard_row import ROWS, late_gain

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_every_row_has_its_figures_and_nothing_is_repeated(tmp_path):
    command = [sys.executable, "benchmarks/ladder.py", "--quick", "--work", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    table = (tmp_path / "quick/ladder.md").read_text()
    page = (tmp_path / "quick/index.html").read_text()
    assert all(f"| {row.title} |" in table and row.title in page for row in ROWS)
    before = {path: path.stat().st_mtime for path in (tmp_path / "quick/results").rglob("metrics.json")}
    assert len(before) == len(ROWS)
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert {path: path.stat().st_mtime for path in before} == before
    assert time.monotonic() - began < 120


def test_late_gain_tells_a_training_that_goes_on_from_one_that_stands():
    head = {"epoch": [1] * 8, "step": [1] * 8, "seconds": [1] * 8, "lr": [1] * 8}
    assert late_gain(head | {"loss": [8, 7, 6, 5, 4, 3, 2, 1]}) == pytest.approx(2 / 3)
    assert late_gain(head | {"loss": [8, 4, 2, 1, 1, 1, 1.5, 1]}) == 0
