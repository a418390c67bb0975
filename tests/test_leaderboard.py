"""The leaderboard in its quick form: it trains, combines and tests every row, and repeats nothing when run again."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.leaderboard_row import ROWS, late_gain

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_every_row_has_its_scores_and_nothing_is_repeated(tmp_path):
    command = [sys.executable, "benchmarks/leaderboard.py", "--quick", "--work", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    table = (tmp_path / "quick/leaderboard.md").read_text()
    page = (tmp_path / "quick/index.html").read_text()
    assert all(f"| {row.title} |" in table and row.title in page for row in ROWS)
    before = {path: path.stat().st_mtime for path in (tmp_path / "quick/results").rglob("metrics.json")}
    assert len(before) == len(ROWS)
    start = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert {path: path.stat().st_mtime for path in before} == before
    assert time.monotonic() - start < 120


def test_late_gain_is_zero_where_a_training_no_longer_improves():
    head = {"epoch": [1] * 8, "step": [1] * 8, "seconds": [1] * 8, "lr": [1] * 8}
    assert late_gain(head | {"val_loss": [8, 7, 6, 5, 4, 3, 2, 1]}) == pytest.approx(2 / 3)
    assert late_gain(head | {"val_loss": [8, 4, 2, 1, 1, 1, 1.5, 1]}) == 0
