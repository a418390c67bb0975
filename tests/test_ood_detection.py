"""The benchmark of the OOD score names in one line what it cannot use."""

from pathlib import Path

import pytest

from benchmarks import ood_detection
from data.simulate import main as simulate

PRETRAINED = Path(__file__).parents[1] / "pretrained/holes"


@pytest.mark.parametrize(
    ("run", "lost", "message"),
    [
        (
            PRETRAINED,
            "dataset.json",
            "does not tell the real instrument; use a data set that",
        ),
        (PRETRAINED, "test", "needs test/SEM/*.png with as many maps"),
        ("nowhere", "", "nowhere"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, monkeypatch, capsys, run, lost, message):
    data = tmp_path / "sem"
    assert simulate(["--dataroot", str(data), "--num_shapes", "1", "--num_real", "4", "--num_test", "2"]) == 0
    if lost:
        (data / lost).rename(tmp_path / "lost")
    monkeypatch.setattr("sys.argv", ["ood_detection.py", str(run), str(data)])
    capsys.readouterr()
    assert ood_detection.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("ood_detection.py: ") and message in error and error.count("\n") == 1
