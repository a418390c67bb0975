"""Unbalanced designs against formulas and against searches that share no code with the package."""

import numpy as np
import pytest
from scipy.optimize import minimize

from tests.util.anova.studies import analyse_table, crossed_design, nested_design, write_table
from util.anova.variance_table import analyse


@pytest.fixture
def wafers(tmp_path):
    """Runs of 1 to 4 wafers, each measured 1 to 4 times; the second level names are used again in every run."""
    rng = np.random.default_rng(5)
    rows = []
    for run in range(12):
        shift = rng.normal(0, 5)
        for wafer in range(rng.integers(1, 5)):
            level = 500 + shift + rng.normal(0, 3)
            rows += [(run, wafer, round(level + rng.normal(0, 2), 3)) for _ in range(rng.integers(1, 5))]
    return write_table(tmp_path / "wafers.csv", ("run", "wafer", "y"), rows)


@pytest.fixture
def study(tmp_path):
    """A gauge study from which a third of the measurements was lost, whole combinations included."""
    rng = np.random.default_rng(6)
    parts, operators, both = rng.normal(0, 5, 12), rng.normal(0, 2, 4), rng.normal(0, 1.5, (12, 4))
    rows = [
        (p, o, round(100 + parts[p] + operators[o] + both[p, o] + rng.normal(), 3))
        for p in range(12)
        for o in range(4)
        for _ in range(rng.integers(0, 4))
    ]
    return write_table(tmp_path / "study.csv", ("part", "operator", "y"), rows)


def projection(columns):
    return columns @ np.linalg.pinv(columns)


def indicators(cell):
    return np.equal.outer(cell, np.unique(cell)).astype(float)


def models_of(design):
    mean = np.ones((len(design.terms[0].cell), 1))
    return [mean, *(np.hstack([mean, *map(indicators, term.model)]) for term in design.terms)]


@pytest.mark.parametrize(("name", "make"), [("wafers", nested_design), ("study", crossed_design)])
def test_sums_of_squares_and_expected_mean_squares_are_those_of_projections(request, name, make):
    path = request.getfixturevalue(name)
    observations, design = make(path, *path.read_text().splitlines()[0].split(",")[:2])
    assert not design.is_balanced
    table = analyse(observations, design)
    steps = np.diff([projection(columns) for columns in models_of(design)], axis=0)
    freedom = np.array([np.trace(step) for step in steps])
    assert [source.freedom for source in table.sources[:-1]] == pytest.approx(freedom)
    squares = [observations.deviations @ step @ observations.deviations for step in steps]
    assert [source.sum_of_squares for source in table.sources[:-1]] == pytest.approx(squares)
    covariances = [indicators(term.cell) @ indicators(term.cell).T for term in design.terms]
    expected = np.array([[np.trace(step @ each) for each in covariances] for step in steps]) / freedom[:, None]
    assert design.expected_mean_squares(freedom)[:-1, :-1] == pytest.approx(expected, abs=1e-9)
    assert "type I" in table.notes[0] and "Satterthwaite" in table.notes[0] and "unbalanced" in table.notes[0]


def test_one_way_components_have_the_coefficient_of_the_textbooks(wafers):
    """n0 = (N - sum of n squared / N) / (a - 1): G. W. Snedecor, W. G. Cochran, Statistical Methods, 1989."""
    observations, design = nested_design(wafers, "run")
    table = analyse(observations, design)
    n = np.bincount(observations.levels["run"])
    n0 = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    run, residual = table.sources
    assert run.component == pytest.approx((run.mean_square - residual.mean_square) / n0)
    assert run.f == pytest.approx(run.mean_square / residual.mean_square), "no combination is needed"


def test_a_combination_of_mean_squares_has_the_degrees_of_freedom_of_satterthwaite(wafers):
    from scipy.stats import f as f_distribution

    observations, design = nested_design(wafers, "run", "wafer")
    run, wafer, residual = analyse(observations, design).sources
    coefficients = design.expected_mean_squares(np.array([run.freedom, wafer.freedom]))
    weight = coefficients[0, 1] / coefficients[1, 1]
    parts = weight * wafer.mean_square, (1 - weight) * residual.mean_square
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / wafer.freedom + parts[1] ** 2 / residual.freedom)
    assert abs(weight - 1) > 0.05, "the design needs a combination"
    assert run.f == pytest.approx(run.mean_square / sum(parts))
    assert run.p == pytest.approx(f_distribution.sf(run.f, run.freedom, freedom))


@pytest.mark.parametrize(("name", "make"), [("wafers", nested_design), ("study", crossed_design)])
def test_reml_is_the_maximum_of_the_restricted_likelihood(request, name, make):
    path = request.getfixturevalue(name)
    observations, design = make(path, *path.read_text().splitlines()[0].split(",")[:2])
    covariances = [indicators(term.cell) @ indicators(term.cell).T for term in design.terms]
    y, identity = observations.deviations, np.eye(len(observations.deviations))

    def minus_likelihood(logarithms):
        *parts, residual = np.exp(logarithms)
        covariance = sum(part * each for part, each in zip(parts, covariances, strict=True)) + residual * identity
        inverse = np.linalg.inv(covariance)
        information = inverse.sum()
        rest = y - inverse.sum(0) @ y / information
        return np.linalg.slogdet(covariance)[1] + np.log(information) + rest @ inverse @ rest

    table = analyse(observations, design, "reml")
    components = list(table.components().values())
    best = minimize(
        minus_likelihood, np.log(components) + 0.3, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}
    )
    assert components == pytest.approx(np.exp(best.x), rel=1e-4)
    assert any("REML" in note for note in table.notes)


def test_a_component_at_its_bound_is_0_by_reml_and_the_others_are_those_without_it(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(a, b, round(50 + 5 * (a == 1) + (-1) ** n, 2)) for a in range(5) for b in range(3) for n in range(2)]
    rows = [(a, b, value + round(rng.normal(0, 0.1), 3)) for a, b, value in rows]
    path = write_table(tmp_path / "bound.csv", ("a", "b", "y"), rows)
    both, _ = analyse_table(path, tmp_path / "both", "--nested", "a,b", "--method", "reml")
    alone, _ = analyse_table(path, tmp_path / "alone", "--nested", "a", "--method", "reml")
    assert both["b"]["variance_component"] == 0
    for name in ("a", "residual"):
        assert both[name]["variance_component"] == pytest.approx(alone[name]["variance_component"], rel=1e-6)
