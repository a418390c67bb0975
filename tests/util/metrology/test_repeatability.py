"""How repeats agree, against the formula for two and the truth for more."""

import numpy as np
import pytest

from tests.util.metrology.tables import wafer, write
from util.anova.design import Design, Term
from util.anova.gauge import gauge_rows
from util.anova.observations import Observations
from util.anova.variance_table import analyse
from util.metrology.hole_table import read
from util.metrology.repeatability import estimate_repeatability
from util.metrology.run_statistics import RunStatistics


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


@pytest.mark.parametrize("repeats", [2, 3, 5])
@pytest.mark.parametrize("missing", [0, 0.3])
def test_it_is_the_residual_of_hole_and_repeat_by_least_squares(tmp_path, repeats, missing):
    """The same number as of the analysis of variance, and the same P/T; the repeats shift by 2 nm each."""
    rng = np.random.default_rng(repeats)
    depth, lost = rng.normal(100, 3, 30), rng.random((30, repeats)) < missing
    rows = [
        (f"h{h}_itr{r}", "", round(depth[h] + 2 * r + rng.normal(), 4), "", "", "", "")
        for h, r in zip(*np.nonzero(~lost), strict=True)
    ]
    table = read(write(tmp_path / "holes.csv", rows))
    found = estimate_repeatability(table, "depth_mean_nm")
    repeated = np.bincount(table.hole)[table.hole] > 1
    hole, repeat = (np.unique(cell[repeated], return_inverse=True)[1] for cell in (table.hole, table.repeat))
    values = table.quantities["depth_mean_nm"][repeated]
    observations = Observations(values - values.mean(), values.mean(), {})
    design = Design((Term("hole", hole, (hole,)), Term("repeat", repeat, (hole, repeat))), "")
    analysis = analyse(observations, design)
    assert found.sigma == pytest.approx(analysis.sources[-1].mean_square ** 0.5)
    assert found.freedom == analysis.sources[-1].freedom
    ratio = RunStatistics.from_table(table, 12).precision_to_tolerance("depth_mean_nm")
    assert ratio == pytest.approx(gauge_rows(analysis, False, 12)[0].precision_to_tolerance)
