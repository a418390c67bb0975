"""The line, TMU and limits of agreement against simulated measurements whose truth is known."""

import numpy as np
import pytest

from util.errors import UtilError
from util.metrology.reference_comparison import compare, fit_mandel, read


def both(seed, count=400, slope=1.1, offset=-5.0, sigma_x=2.0, sigma_y=1.0):
    rng = np.random.default_rng(seed)
    true = rng.normal(120, 4, count)
    return true + rng.normal(0, sigma_x, count), offset + slope * true + rng.normal(0, sigma_y, count)


def test_mandel_recovers_the_slope_where_least_squares_is_biased():
    lines = [(fit_mandel(*both(seed), ratio=0.25), np.polyfit(*both(seed), 1)[0]) for seed in range(60)]
    slopes = np.array([line.slope for line, _ in lines])
    assert slopes.mean() == pytest.approx(1.1, abs=0.02)
    assert np.mean([ols for _, ols in lines]) == pytest.approx(1.1 * 16 / 20, abs=0.02), "attenuated"
    stated = np.mean([line.slope_error for line, _ in lines])
    assert stated == pytest.approx(slopes.std(), rel=0.3), "the jackknife's standard error is what is seen"


def test_the_line_is_least_squares_without_errors_in_the_reference_and_symmetric_with_equal_ones():
    x, y = both(0)
    slope, offset = np.polyfit(x, y, 1)
    line = fit_mandel(x, y, np.inf)
    assert (line.slope, line.offset) == pytest.approx((slope, offset))
    assert fit_mandel(x, y, 0.0).slope == pytest.approx(1 / np.polyfit(y, x, 1)[0])
    assert fit_mandel(x, y).slope == pytest.approx(1 / fit_mandel(y, x).slope)
    vectors = np.linalg.eigh(np.cov(x, y))[1]
    assert fit_mandel(x, y).slope == pytest.approx(vectors[1, 1] / vectors[0, 1]), "the first principal axis"
    assert fit_mandel(x, -y).slope < 0


@pytest.mark.parametrize("ratio", [1e6, 1e12, 1e18, 1e200])
def test_a_reference_that_is_nearly_exact_gives_least_squares(ratio):
    x, y = both(0)
    line, least = fit_mandel(x, y, ratio), fit_mandel(x, y, np.inf)
    assert (line.slope, line.slope_error) == pytest.approx((least.slope, least.slope_error), rel=1e-4)
    assert fit_mandel(x, -y, ratio).slope == pytest.approx(-least.slope, rel=1e-4)


def test_the_references_sigma_gives_lambda_slope_and_tmu():
    found = [compare([], *both(seed), 2.0) for seed in range(60)]
    assert np.median([one.variance_ratio for one in found]) == pytest.approx(0.25, rel=0.2)
    assert np.mean([one.line.slope for one in found]) == pytest.approx(1.1, abs=0.02)
    assert np.sqrt(np.mean([one.tmu**2 for one in found])) == pytest.approx(3.0, rel=0.1)
    one = found[0]
    again = fit_mandel(one.reference, one.measured, one.variance_ratio)
    assert again == one.line
    assert compare([], one.reference, one.measured).tmu > one.tmu, "else it holds the reference's error, too"
    assert one.tmu_limits[0] < one.tmu < one.tmu_limits[1]


def test_bias_and_limits_of_agreement():
    x = np.array([1.0, 2, 3, 4])
    found = compare([], x, x + np.array([1, 2, 1, 2]))
    assert found.bias == 1.5 and found.difference == pytest.approx(np.std([1, 2, 1, 2], ddof=1))
    assert found.limits_of_agreement == pytest.approx((1.5 - 1.96 * found.difference, 1.5 + 1.96 * found.difference))
    rng = np.random.default_rng(0)
    many = rng.normal(100, 5, 20_000)
    low, high = (large := compare([], many, many + rng.normal(1, 0.5, 20_000))).limits_of_agreement
    assert np.mean((large.measured - many > low) & (large.measured - many < high)) == pytest.approx(0.95, abs=0.005)


def test_calibrated_values_lie_on_the_references_scale():
    x = np.array([100.0, 110, 130])
    found = compare([], x, 1.2 * x - 7)
    assert found.line.slope == pytest.approx(1.2) and found.line.offset == pytest.approx(-7)
    np.testing.assert_allclose(found.calibrate(1.2 * x - 7), x)
    assert found.tmu == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "x, y, sigma, line",
    [
        ([1, 2], [1, 2], None, "2 of its names are measured sites or images; at least 3"),
        ([2, 2, 2], [1, 2, 3], None, "all equal"),
        ([1, 2, 3], [2, 2, 2], None, "all equal"),
        (
            [1, 2, 3],
            [1, 2, 3.1],
            5.0,
            "--reference_sigma_nm 5: must be below the standard deviation of the reference's values, 1 nm",
        ),
    ],
)
def test_what_tells_no_line(x, y, sigma, line):
    with pytest.raises(UtilError, match=line):
        compare([], np.array(x, float), np.array(y, float), sigma)


def test_the_contests_file_is_read_in_nm(tmp_path):
    (tmp_path / "a.csv").write_text("0,1\ndepth_140_site_00233,138.966170\nDepth_110_site_00001,100\n")
    found = read(tmp_path / "a.csv", 1.5)
    assert found == {"depth_140_site_00233": pytest.approx(208.449255), "depth_110_site_00001": 150}


@pytest.mark.parametrize(
    "text, line",
    [
        ("0,1\na,b\n", "expected rows `site,value`"),
        ("0,1\na,1,2\n", "expected rows `site,value`"),
        ("0,1\na,1\nA,2\n", "names a site twice"),
        ("0,1\na,nan\n", "is not a finite number"),
        ("\xff", "expected rows"),
    ],
)
def test_what_is_no_reference(tmp_path, text, line):
    (tmp_path / "a.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(UtilError, match=line):
        read(tmp_path / "a.csv", 1.0)
    with pytest.raises(UtilError, match="cannot be read"):
        read(tmp_path, 1.0)
