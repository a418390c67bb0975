"""How repeats agree, against the formula for two and the truth for more."""

import numpy as np
import pytest

from tests.util.metrology.tables import wafer, write
from util.metrology.hole_table import read
from util.metrology.repeatability import estimate_repeatability


def test_of_two_it_is_sd_of_the_differences_over_root_2(tmp_path):
    rows = [
        (f"{name}_itr{r}", "", value, "", "", "", "")
        for name, pair in (("a", (1, 2.5)), ("b", (7, 7.1)), ("c", (4, 3)), ("d", (5, "")))
        for r, value in enumerate(pair)
    ]
    found = estimate_repeatability(read(write(tmp_path / "holes.csv", rows)), "depth_mean_nm")
    apart = np.array([1.5, 0.1, -1])
    assert found.sigma == pytest.approx(apart.std(ddof=1) / np.sqrt(2)) and found.shift == pytest.approx(apart.mean())
    assert found.holes == 3 and found.first.tolist() == [1, 7, 4] and found.second.tolist() == [2.5, 7.1, 3]


@pytest.mark.parametrize("repeats", [2, 3, 5])
def test_the_true_noise_is_found(tmp_path, repeats):
    wafer(tmp_path / "holes.csv", sites=40, repeats=repeats, noise=0.7)
    found = estimate_repeatability(read(tmp_path / "holes.csv"), "cd_half_nm")
    assert found.holes == 800 and found.sigma == pytest.approx(0.7, rel=0.06)


def test_single_measurements_tell_nothing(tmp_path):
    wafer(tmp_path / "holes.csv", sites=2, repeats=1)
    assert estimate_repeatability(read(tmp_path / "holes.csv"), "cd_half_nm") is None
