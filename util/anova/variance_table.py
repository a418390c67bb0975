"""The table of an analysis of variance: sums of squares, F tests and variance components of a random-effects model."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..files import counted
from .design import RESIDUAL, Design, Term
from .observations import Observations
from .restricted_likelihood import estimate_components

POOLING_LEVEL = 0.05  # an interaction whose p is above it is pooled, as is usual in gauge studies
ROUNDING = 1e-26  # of the total sum of squares: what a sum of squares of doubles cannot tell from 0


class Source(NamedTuple):
    """A row of the table; NaN is what is not defined. Squares are in the square of the value's unit."""

    name: str
    freedom: int  # degrees of freedom
    sum_of_squares: float
    mean_square: float
    f: float
    p: float  # probability of an F at least as large if the component is 0
    component: float  # variance component, at least 0


@dataclass(frozen=True)
class VarianceTable:
    """The sources of variation, the residual last, and one line for each decision that the reader should know."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...]

    def components(self) -> dict[str, float]:
        """The variance component of each source."""
        return {source.name: source.component for source in self.sources}


def analyse(observations: Observations, design: Design, method: str = "anova") -> VarianceTable:
    """The table of `observations` by `design`; `method` is that of the components: `anova` or `reml`.

    Sums of squares are sequential (type I). All effects are random: the F of a source is its mean square over the
    combination of the others that is expected to equal it where the source's component is 0, which in balanced designs
    is one of them. Components by `anova` solve the expected mean squares; by `reml` they maximise the restricted
    likelihood.
    """
    freedom, squares = _sums_of_squares(observations.deviations, design.terms)
    means = squares / freedom
    coefficients = design.expected_mean_squares(freedom[:-1])
    tests = [_test(row, means, freedom, coefficients) for row in range(len(design.terms))]
    notes = [] if design.is_balanced else [_UNBALANCED]
    components, more = _solve(observations.deviations, design, means, coefficients, tests)
    if method == "reml":
        components, more = estimate_components(observations.deviations, design, components)
    names = [term.name for term in design.terms] + [RESIDUAL]
    negative = [name for name, value in zip(names, components, strict=True) if value < 0]
    if negative:
        notes.append(f"negative estimates are set to 0: the variance component of {', '.join(negative)}")
    if any(math.isnan(f) for f, _ in tests):
        notes.append("no F where the mean square to compare with is 0 or below")
    rows = zip(names, freedom, squares, means, [*tests, (math.nan, math.nan)], components.clip(min=0), strict=True)
    sources = tuple(Source(name, int(n), *map(float, (ss, ms, *test, part))) for name, n, ss, ms, test, part in rows)
    return VarianceTable(sources, (*notes, *more))


_UNBALANCED = (
    "unbalanced: sums of squares are sequential (type I), in the order of the table; components solve the mean squares "
    "that this design leads to expect (Anderson's coefficients); F compares with the matching combination of mean "
    "squares, with Satterthwaite's degrees of freedom"
)


def _sums_of_squares(values: NDArray, terms: tuple[Term, ...]) -> tuple[NDArray, NDArray]:
    """Degrees of freedom and sum of squares (T + 1,) of each term, given those before it, and of the residual."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.anova import anova_lm

    matrices = [np.ones((len(values), 1)), *(term.basis for term in terms)]
    table = anova_lm(*(OLS(values, matrix).fit(method="qr") for matrix in matrices))
    freedom = np.array([*table["df_diff"][1:], table["df_resid"].iloc[-1]])
    squares = np.array([*table["ss_diff"][1:], table["ssr"].iloc[-1]])
    return freedom, np.where(squares > ROUNDING * (values**2).sum(), squares, 0)


def _test(row: int, means: NDArray, freedom: NDArray, coefficients: NDArray) -> tuple[float, float]:
    """F and p of a source; NaN where nothing above 0 can be compared with.

    The degrees of freedom of a combination are those of F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110.
    """
    from scipy.stats import f as f_distribution

    expected = coefficients[row].copy()
    expected[row] = 0
    weights = np.linalg.solve(coefficients.T, expected)
    weights[np.abs(weights) < 1e-12] = 0
    parts = weights * means
    compared = parts.sum()
    if not compared > 0:
        return math.nan, math.nan
    ratio = means[row] / compared
    return ratio, f_distribution.sf(ratio, freedom[row], compared**2 / (parts**2 / freedom).sum())


def _solve(
    values: NDArray, design: Design, means: NDArray, coefficients: NDArray, tests: list[tuple[float, float]]
) -> tuple[NDArray, list[str]]:
    """The components (T + 1,) that the mean squares lead to, and what was pooled.

    An interaction of crossed factors that is not significant is pooled into the residual, and its component is 0
    (AIAG, Measurement Systems Analysis, 4th ed. 2010, appendix A).
    """
    interaction, p = design.terms[-1], tests[-1][1]
    is_crossed = any(len(term.model) > 1 for term in design.terms)
    if not (is_crossed and p > POOLING_LEVEL):
        return np.linalg.solve(coefficients, means), []
    rest = Design(design.terms[:-1], design.title)
    freedom, squares = _sums_of_squares(values, rest.terms)
    components = np.linalg.solve(rest.expected_mean_squares(freedom[:-1]), squares / freedom)
    note = (
        f"{interaction.name} is pooled into the residual for the components, because its p is above {POOLING_LEVEL}: "
        f"{counted(int(freedom[-1]), 'degree')} of freedom; not pooled, the residual's component is {means[-1]:.6g}"
    )
    return np.array([*components[:-1], 0, components[-1]]), [note]
