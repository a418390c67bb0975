"""Budgets against the examples of the GUM and of its Supplement 1, and against closed forms."""

import math

import numpy as np
import pytest

from util.budget.evidence import Evidence
from util.budget.instrument_file import InstrumentStatement
from util.budget.measure_budget import BudgetLine, _expand, make_budget
from util.budget.measurement_model import LINES, evaluate, influences
from util.budget.uncertainty import Uncertainty

HOLE = {
    "depth_mean_nm": 118.0, "depth_median_nm": 120.0, "floor_sq_nm": 1.5, "cd_half_nm": 80.0, "cd_half_x_nm": 78.0,
    "cd_half_y_nm": 82.0, "ellipticity": 1.25, "orientation_deg": 10.0, "centre_x_nm": 50.0, "swa_left_deg": 84.0,
    "volume_nm3": 6e5,
}  # fmt: skip
NOTHING = InstrumentStatement()


def budget(name, hole=HOLE, statement=NOTHING, correction=0.0, included=(), **lines):
    named = {name.replace("_", " "): entry for name, entry in lines.items()}
    return make_budget(name, hole, Evidence(named, correction, frozenset(included)), statement)


def line(result, name):
    return next(line for line in result.lines if line.name == name)


def test_the_end_gauge_of_the_gum():
    """JCGM 100:2008, H.1.6: contributions 25, 9.7, 2.9 and 16.6 nm with 18, 25.6, 50 and 2 degrees of freedom give
    32 nm with 16 of them. The 97.5 % point of t(16) is 2.12 (its table G.2)."""
    given = ((25, 18), (9.7, 25.6), (2.9, 50), (16.6, 2))
    lines = [BudgetLine("", Uncertainty(value, dof=dof), 1.0, value) for value, dof in given]
    expanded, dof = _expand(lines)
    assert dof == 16
    assert expanded == pytest.approx(2.12 * 31.7, rel=2e-3)


@pytest.mark.parametrize(
    ("distribution", "widths", "gum", "monte_carlo"),
    [
        ("normal", (1, 1, 1, 1), 3.92, 3.92),  # JCGM 101:2008, 9.2.2, table 2
        ("rectangular", (1, 1, 1, 1), 3.92, 3.88),  # 9.2.3, table 3
        ("rectangular", (1, 1, 1, 10), 19.9, 17.0),  # 9.2.4, table 4
    ],
)
def test_the_additive_model_of_supplement_1(distribution, widths, gum, monte_carlo):
    """Y = X1 + X2 + X3 + X4 of the given standard uncertainties: the published ends of the 95 % intervals."""
    factor = math.sqrt(3) if distribution == "rectangular" else 1
    names = ("network", "place", "repeatability", "bias")
    given = {name: Uncertainty(width * factor, distribution) for name, width in zip(names, widths, strict=True)}
    result = budget("centre_x_nm", **given)
    assert result.combined == pytest.approx(math.hypot(*widths))
    assert result.expanded_gum == pytest.approx(gum, abs=0.05)
    assert result.expanded_mc == pytest.approx(monte_carlo, abs=0.05)
    assert result.method == ("Monte Carlo" if gum > 1.05 * monte_carlo else "Welch-Satterthwaite")
    assert result.expanded == (result.expanded_mc if gum > 1.05 * monte_carlo else result.expanded_gum)
    assert result.left_out == ["pixel width"]


@pytest.mark.parametrize(
    ("distribution", "standard"),
    [("normal", 1), ("rectangular", 3**-0.5), ("triangular", 6**-0.5), ("arcsine", 0.5**0.5)],
)
def test_draws_have_the_standard_uncertainty_of_their_distribution(distribution, standard):
    entry = Uncertainty(2.0, distribution)
    assert entry.standard == pytest.approx(2 * standard)
    drawn = entry.draw(np.random.default_rng(1), 200_000)
    assert drawn.std() == pytest.approx(entry.standard, rel=0.01)
    assert abs(drawn.mean()) < 0.02
    assert distribution == "normal" or np.abs(drawn).max() <= 2


def test_few_observations_follow_students_t():
    """The 97.5 % point of t(4) is 2.776 (GUM, table G.2), by both ways."""
    result = budget("ellipticity", repeatability=Uncertainty(1.0, dof=4, kind="A"))
    assert result.expanded_gum == pytest.approx(2.776, abs=1e-3)
    assert result.expanded_mc == pytest.approx(2.776, rel=0.02)
    assert result.coverage_factor == result.expanded / result.combined


ANGLE = math.degrees(math.sin(math.radians(84)) * math.cos(math.radians(84)))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("depth_mean_nm", "nm per grey", 118),
        ("depth_mean_nm", "level", 118 / 120),
        ("floor_sq_nm", "nm per grey", 1.5),
        ("cd_half_nm", "pixel width", 80),
        ("cd_half_nm", "edge", 2),
        ("centre_x_nm", "pixel width", 50),
        ("centre_x_nm", "place", 1),
        ("swa_left_deg", "nm per grey", ANGLE),
        ("swa_left_deg", "pixel width", -ANGLE),
        ("swa_left_deg", "level", ANGLE / 120),
        ("volume_nm3", "nm per grey", 6e5),
        ("volume_nm3", "pixel width", 12e5),
        ("volume_nm3", "edge", 6e5 * (2 / 78 + 2 / 82)),
        ("ellipticity", "edge", 2 * (1 - 1.25) / (80 / 1.25**0.5)),
        ("ellipticity", "bias", 1),
        ("orientation_deg", "network", 1),
    ],
)
def test_sensitivities_are_the_derivatives(name, source, expected):
    result = budget(name, **{source.replace(" ", "_"): Uncertainty(1e-3)})
    assert line(result, source).sensitivity == pytest.approx(expected, rel=1e-3)
    assert line(result, source).contribution == pytest.approx(abs(expected) * 1e-3, rel=1e-3)
    assert evaluate(name, HOLE, {}) == pytest.approx(HOLE[name])


@pytest.mark.parametrize("name", HOLE)
def test_what_is_no_influence_changes_nothing_and_is_not_left_out(name):
    for source in LINES:
        moved = float(evaluate(name, HOLE, {source: 0.01}))
        assert (moved == pytest.approx(HOLE[name], rel=1e-12)) == (source not in influences(name)), source
    assert set(budget(name).left_out) == influences(name)


def test_a_trench_widens_in_one_direction():
    trench = {key: value for key, value in HOLE.items() if key not in ("cd_half_nm", "cd_half_y_nm")}
    result = budget("volume_nm3", trench, edge=Uncertainty(0.001))
    assert line(result, "edge").sensitivity == pytest.approx(6e5 * 2 / 78, rel=1e-3)


def test_without_a_pixel_width_it_is_no_influence_and_edges_in_nm_say_nothing():
    hole = {"cd_half_px": 40.0, "volume_nm_px2": 1.4e5, "depth_median_nm": 120.0}
    stated = InstrumentStatement({"edge": Uncertainty(0.3), "pixel width": Uncertainty(0.01)})
    for name in ("cd_half_px", "volume_nm_px2"):
        result = budget(name, hole, stated, network=Uncertainty(1.0))
        assert "edge" in result.left_out
        assert line(result, "pixel width").sensitivity == 0
        assert result.combined == 1.0


def test_what_nothing_tells_is_left_out_not_invented():
    result = budget("cd_half_nm", network=Uncertainty(0.5))
    assert result.left_out == ["pixel width", "edge", "repeatability", "bias"]
    assert result.combined == 0.5 and [result.share(each) for each in result.lines] == [1, 0, 0, 0, 0, 0, 0, 0]
    nothing = budget("cd_half_nm")
    assert math.isnan(nothing.combined) and math.isnan(nothing.expanded)


def test_shares_are_of_the_variance_and_add_up_to_1():
    result = budget("cd_half_nm", network=Uncertainty(0.6), edge=Uncertainty(0.4))
    assert result.combined == pytest.approx(1.0)
    assert line(result, "edge").contribution == pytest.approx(0.8)
    assert result.share(line(result, "edge")) == pytest.approx(0.64)
    assert sum(map(result.share, result.lines)) == pytest.approx(1)


def test_noise_that_repeats_show_does_not_count_twice():
    lines = {"network": Uncertainty(0.5), "repeatability": Uncertainty(0.3, dof=9, kind="A")}
    result = budget("cd_half_nm", included={"repeatability"}, **lines)
    assert result.combined == pytest.approx(0.5)
    assert line(result, "network").contribution == pytest.approx(0.4)
    assert "without repeatability" in line(result, "network").uncertainty.source
    larger = budget("cd_half_nm", included={"repeatability"}, **lines | {"repeatability": Uncertainty(0.7)})
    assert larger.combined == pytest.approx(0.7)


def test_what_the_user_states_comes_before_what_the_results_tell():
    stated = InstrumentStatement({"repeatability": Uncertainty(0.3)}, {"bias": {"cd_half_nm": Uncertainty(0.1)}})
    lines = {"network": Uncertainty(0.4), "repeatability": Uncertainty(9.0), "bias": Uncertainty(9.0)}
    result = budget("cd_half_nm", statement=stated, correction=2.0, included={"repeatability"}, **lines)
    assert result.combined == pytest.approx(math.hypot(0.4, 0.3, 0.1))
    assert result.correction == 0, "a stated bias is what remains after the user's own correction"
    assert budget("ellipticity", statement=stated).left_out == ["network", "edge", "repeatability", "bias"]


def test_an_error_of_nothing_is_stated():
    result = budget("cd_half_nm", edge=Uncertainty(0.0))
    assert "edge" not in result.left_out and result.combined == 0 and result.expanded == 0
