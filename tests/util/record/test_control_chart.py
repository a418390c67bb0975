"""Control charts: limits, EWMA and run lengths of the handbooks, and what each rule calls out of control."""

import itertools
import math
from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from util.record import chart_factors
from util.record.control_chart import control_chart, exponential_average, spread_lines
from util.record.western_electric import RULES, broken_rules

# NIST/SEMATECH e-Handbook, 6.3.2.4: EWMA of a process with target 50, s = 2.0539, lambda = 0.3.
EWMA_DATA = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5]
EWMA_DATA += [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
EWMA_PRINTED = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33]
EWMA_PRINTED += [50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]
# 6.3.2.2: flow rates of ten batches; mean 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
# 6.3.2.1: A2, D3, D4 by the number of values.
FACTORS = {
    2: (1.880, 0, 3.267),
    3: (1.023, 0, 2.575),
    4: (0.729, 0, 2.282),
    5: (0.577, 0, 2.115),
    6: (0.483, 0, 2.004),
    7: (0.419, 0.076, 1.924),
    8: (0.373, 0.136, 1.864),
    9: (0.337, 0.184, 1.816),
    10: (0.308, 0.223, 1.777),
}
C4 = {2: 0.7979, 3: 0.8862, 4: 0.9213, 5: 0.9400, 10: 0.9727, 25: 0.9896}  # Montgomery, SQC, appendix VI
WESTERN_ELECTRIC = list(RULES)
ALL = np.ones(10, dtype=bool)


def chart_of(values, baseline=None, **options):
    points = [[value] for value in values] if np.ndim(values[0]) == 0 else values
    mask = np.ones(len(points), dtype=bool) if baseline is None else np.arange(len(points)) < baseline
    return control_chart(points, mask, **options)


def test_the_ewma_of_the_handbook_and_its_limits():
    values = np.array(EWMA_DATA)
    assert np.round(exponential_average(values, 50, 0.3), 2).tolist() == EWMA_PRINTED
    chart = chart_of(EWMA_DATA, weight=0.3)
    object.__setattr__(chart, "centre", 50.0)
    object.__setattr__(chart, "sigma", 2.0539)
    low, high = chart.ewma_limits
    assert high[-1] == pytest.approx(52.5884, abs=3e-4) and low[-1] == pytest.approx(47.4115, abs=3e-4)
    exact = 3 * 2.0539 * np.sqrt(0.3 / 1.7 * (1 - 0.7 ** (2 * np.arange(1, 21))))
    assert np.allclose(high - 50, exact, rtol=1e-12) and high[0] - 50 == pytest.approx(3 * 0.3 * 2.0539)
    assert not any("EWMA beyond its limits" in names for names in chart.signals), "the handbook's is in control"


def test_individual_values_of_the_handbook():
    chart = chart_of(FLOW)
    assert chart.spread_name == "moving range" and math.isnan(chart.spread[0])
    assert chart.centre == pytest.approx(50.81) and np.nanmean(chart.spread) == pytest.approx(1.8778, abs=5e-5)
    low, high = chart.mean_limits
    assert low[0] == pytest.approx(45.8159, abs=1e-4) and high[0] == pytest.approx(55.8041, abs=1e-4)
    centre, lowest, highest = chart.spread_limits
    assert centre[0] == pytest.approx(1.8778, abs=5e-5) and lowest[0] == 0
    assert highest[0] == pytest.approx(3.267 * 1.8778, rel=3e-4)
    assert chart.signals == [[]] * 10


@pytest.mark.parametrize("n", FACTORS)
def test_factors_of_ranges_are_those_of_the_handbook(n):
    a2, d3, d4 = FACTORS[n]
    mean, low, high = spread_lines("range", n)
    assert 3 / (mean * math.sqrt(n)) == pytest.approx(a2, abs=6e-4)
    assert low / mean == pytest.approx(d3, abs=6e-4) and high / mean == pytest.approx(d4, abs=6e-4)


def test_factors_are_the_moments_of_normal_ranges_and_deviations():
    for n in range(2, 11):
        mean = quad(lambda x, n=n: 1 - norm.cdf(x) ** n - norm.sf(x) ** n, -np.inf, np.inf)[0]
        assert chart_factors.range_mean(n) == pytest.approx(mean, abs=1e-6)
    values = np.random.default_rng(1).normal(size=(200_000, 10))
    for n in (2, 5, 10):
        assert np.ptp(values[:, :n], axis=1).std() == pytest.approx(chart_factors.range_sigma(n), rel=0.01)
        assert values[:, :n].std(axis=1, ddof=1).std() == pytest.approx(chart_factors.deviation_sigma(n), rel=0.01)
    for n, printed in C4.items():
        assert chart_factors.deviation_mean(n) == pytest.approx(printed, abs=6e-5)


@pytest.mark.parametrize(
    ("n", "name"), [(4, "range"), (10, "range"), (11, "standard deviation"), (40, "standard deviation")]
)
def test_limits_of_repeats_come_from_the_spread_inside_a_measurement(n, name):
    points = 100 + 2 * np.random.default_rng(n).normal(size=(400, n))
    chart = chart_of(points.tolist(), baseline=300)
    assert chart.spread_name == name and chart.sigma == pytest.approx(2, rel=0.05)
    low, high = chart.mean_limits
    assert (high - low)[0] == pytest.approx(6 * chart.sigma / math.sqrt(n), rel=1e-12)
    inside = (np.array([low, -high]) <= np.array([chart.mean, -chart.mean])).all(axis=0)
    assert inside.mean() > 0.985


def test_a_measurement_with_more_or_fewer_repeats_has_its_own_limits():
    points = [[1.0, 2.0, 3.0]] * 5 + [[1.0, 3.0, 2.0, 2.0], [2.0]]
    chart = chart_of(points, baseline=5)
    low, high = chart.mean_limits
    assert np.allclose(((high - low) / 6 / chart.sigma)[4:], 1 / np.sqrt([3, 4, 1]))
    assert math.isnan(chart.spread[-1]) and chart.signals[-1] == []


def test_there_are_no_limits_without_a_baseline():
    chart = control_chart([[1.0], [2.0], [30.0]], np.zeros(3, dtype=bool))
    assert chart.signals == [[], [], []] and np.isnan(chart.mean_limits).all() and np.isnan(chart.ewma_limits).all()


@pytest.mark.parametrize(
    ("rule", "deviations"),
    [
        ("one point beyond 3 sigma", [0.5, -0.5, 3.01]),
        ("2 of 3 beyond 2 sigma", [0.5, -2.1, 0.5, -2.1]),
        ("4 of 5 beyond 1 sigma", [1.1, 1.2, -0.1, 1.3, 1.4]),
        ("8 on one side", [0.1] * 8),
    ],
)
def test_each_rule_marks_the_point_that_completes_its_pattern(rule, deviations):
    for side in (1, -1):
        broken = broken_rules(side * np.array(deviations))
        assert broken[rule].nonzero()[0].tolist() == [len(deviations) - 1]
        assert not any(mask.any() for name, mask in broken.items() if name != rule)
    assert not broken_rules(np.array(deviations[:-1]))[rule].any(), "the pattern is not complete before"


@pytest.mark.parametrize(
    "deviations",
    [[2.99, -2.99], [2.1, 0, 0, 2.1], [2.1, -2.1, 0], [1.1, 1.1, 0, 0, 1.1, 1.1], [0.1] * 7 + [0.0] + [0.1] * 7],
)
def test_what_no_rule_names_is_in_control(deviations):
    assert not any(mask.any() for mask in broken_rules(np.array(deviations)).values())


ZONES = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)  # one value of each zone between the control limits


def _state(points):
    """What of the newest points (at most 7) decides about later ones: all else is replaced by the zone next to 0."""
    kept = [p if back < 2 else math.copysign(min(abs(p), 1.5), p) for back, p in enumerate(reversed(points))]
    kept = [p if back < 4 else math.copysign(0.5, p) for back, p in enumerate(kept)]
    run = next((n for n, p in enumerate(kept) if p * kept[0] < 0), len(kept))
    return tuple(reversed(kept[: max(run, 4)][:7]))


def average_run_length(shift, names):
    """Exact average number of points to the first signal: a Markov chain over the newest points, as in Champ and
    Woodall (1987), whose transitions are what `broken_rules` says."""
    edges = np.array([-3, -2, -1, 0, 1, 2, 3]) - shift
    chances = np.diff(norm.cdf(edges))

    @cache
    def quiet(points):
        broken = broken_rules(np.array(points))
        return not any(broken[name][-1] for name in names)

    index, waiting, moves = {(): 0}, [()], []
    while waiting:
        state = waiting.pop()
        for zone, chance in zip(ZONES, chances, strict=True):
            points = (*state, zone)
            if quiet(points):
                after = _state(points)
                if after not in index:
                    index[after] = len(index)
                    waiting.append(after)
                moves.append((index[state], index[after], chance))
    matrix = np.eye(len(index))
    for start, end, chance in moves:
        matrix[start, end] -= chance
    return float(np.linalg.solve(matrix, np.ones(len(index)))[0])


@pytest.mark.parametrize(
    ("names", "shift", "printed"),
    [  # NIST 6.3.2: 370.4 and 91.75; Champ and Woodall (1987), table 1
        (WESTERN_ELECTRIC[:1], 0.0, 370.40),
        (WESTERN_ELECTRIC[:1], 0.2, 308.43),
        (WESTERN_ELECTRIC[:1], 1.0, 43.89),
        (WESTERN_ELECTRIC[:1], 2.0, 6.30),
        (WESTERN_ELECTRIC[:1], 3.0, 2.00),
        (WESTERN_ELECTRIC[:2], 0.0, 225.44),
        (WESTERN_ELECTRIC[::2], 0.0, 166.05),
        (WESTERN_ELECTRIC[::3], 0.0, 152.73),
        (WESTERN_ELECTRIC[:3], 0.0, 132.89),
        (WESTERN_ELECTRIC, 0.0, 91.75),
        (WESTERN_ELECTRIC, 1.0, 9.22),
    ],
)
def test_run_lengths_are_those_of_the_tables(names, shift, printed):
    assert average_run_length(shift, names) == pytest.approx(printed, abs=0.006)


@pytest.mark.parametrize(
    ("weight", "width", "shift", "printed"),
    [(0.2, 2.962, 0.0, 500), (0.2, 2.962, 1.0, 10.5), (0.4, 3.054, 0.5, 71.2), (0.1, 2.814, 2.0, 4.4)],
)
def test_the_ewma_has_the_run_lengths_of_lucas_and_saccucci(weight, width, shift, printed):
    """Technometrics 32 (1990) 1: with limits of the steady state. Simulated: 2,000 series of six times that length."""
    values = np.random.default_rng(5).normal(shift, 1, (max(6 * round(printed), 60), 2000))
    out = np.abs(exponential_average(values, 0.0, weight)) > width * math.sqrt(weight / (2 - weight))
    lengths = np.where(out.any(axis=0), out.argmax(axis=0) + 1, len(values) * 7 / 6)
    assert lengths.mean() == pytest.approx(printed, rel=0.06)


def test_a_later_point_never_changes_what_was_said_of_earlier_ones():
    deviations = np.random.default_rng(2).normal(0.5, 1, (50, 40))
    whole = broken_rules(deviations)
    for one, points in itertools.product(RULES, range(8, 40, 7)):
        part = broken_rules(deviations[:, :points])[one]
        assert (part == whole[one][:, :points]).all()
