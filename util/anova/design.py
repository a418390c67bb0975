"""The design of a study: which terms its model has, in which order, and what their mean squares are expected to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from .observations import Observations

RESIDUAL = "residual"
MAX_ELEMENTS = 60_000_000  # of a model matrix: 480 MB


@dataclass(frozen=True)
class Term:
    """A random effect of the model: observations of one cell share it."""

    name: str
    cell: NDArray[np.intp]  # (N,) cell of each observation, 0..K-1
    model: tuple[NDArray[np.intp], ...]  # cells (N,) of the effects that span the model up to this term

    @cached_property
    def basis(self) -> NDArray[np.float64]:
        """An orthonormal basis (N, rank) of the model up to this term."""
        from scipy.linalg import orth

        indicators = np.hstack([indicator(cell) for cell in self.model])
        return orth(indicators) if len(self.model) > 1 else indicators / np.sqrt(indicators.sum(0))

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum (K, ...) of `values` (N, ...) in each cell."""
        return np.add.reduceat(values[np.argsort(self.cell)], np.cumsum([0, *np.bincount(self.cell)[:-1]]))


@dataclass(frozen=True)
class Design:
    """The terms of a model in the order in which they are fitted; the residual comes after them."""

    terms: tuple[Term, ...]
    title: str

    @property
    def is_balanced(self) -> bool:
        """Whether cells of a term hold equally many observations, and all levels of crossed factors meet."""
        counts = [np.bincount(term.cell) for term in self.terms]
        meetings = [np.prod([cell.max() + 1 for cell in term.model]) for term in self.terms if len(term.model) > 1]
        return all(np.ptp(count) == 0 for count in counts) and all(len(counts[-1]) == number for number in meetings)

    @property
    def block(self) -> NDArray[np.intp]:
        """The block (N,) of each observation, 0..B-1: observations of two blocks share no effect."""
        is_crossed = any(len(term.model) > 1 for term in self.terms)
        return np.zeros_like(self.terms[0].cell) if is_crossed else self.terms[0].cell

    def expected_mean_squares(self, freedom: NDArray) -> NDArray[np.float64]:
        """Coefficients (T + 1, T + 1) of the variance components in each expected mean square, the residual last.

        `freedom` (T,) are the terms' degrees of freedom. A coefficient is the trace of Z' P Z over the degrees of
        freedom: Z the effect's indicators, P the projection that gives the term's sum of squares (S. R. Searle, G.
        Casella, C. E. McCulloch, Variance Components, Wiley 1992, section 5.2; in nested designs these are those of R.
        L. Anderson and T. A. Bancroft, 1952).
        """
        size, n = len(self.terms), len(self.terms[0].cell)
        bases = [np.full((n, 1), n**-0.5), *(term.basis for term in self.terms)]
        traces = np.array([[(effect.sums(basis) ** 2).sum() for effect in self.terms] for basis in bases])
        coefficients = np.eye(size + 1)
        coefficients[:size, :size] = np.triu(np.diff(traces, axis=0)) / freedom[:, None]
        coefficients[:size, size] = 1
        return coefficients


def nested(observations: Observations, factors: Sequence[str]) -> Design:
    """The design in which each factor is nested in the one before it: wafer 1 of run 2 is not wafer 1 of run 1.

    Raises UtilError if a factor has one level in every level of the factor before it, and without repeats.
    """
    terms: list[Term] = []
    for name in factors:
        cell = observations.levels[name]
        if terms:
            cell = _combine(terms[-1].cell, cell)
            if cell.max() == terms[-1].cell.max():
                raise UtilError(f"--nested: {name} has one level only in every level of {terms[-1].name}; leave it out")
        terms.append(Term(name, cell, (cell,)))
    if terms[-1].cell.max() + 1 == len(terms[-1].cell):
        raise UtilError(
            f"--nested: every level of {factors[-1]} holds one observation, so there are no degrees of freedom for the "
            f"residual; leave {factors[-1]} out, or measure again"
        )
    return _checked(Design(tuple(terms), f"nested: {' > '.join(factors)}"))


def crossed(observations: Observations, part: str, operator: str) -> Design:
    """The design of a gauge study: operators measure the same parts, each several times.

    Raises UtilError if the interaction has no degrees of freedom, and if there is one observation of each part by each
    operator: then repeatability and interaction cannot be told apart.
    """
    parts, operators = observations.levels[part], observations.levels[operator]
    cell = _combine(parts, operators)
    if cell.max() + 1 == len(cell):
        raise UtilError(
            f"--crossed: one observation for each {part} and {operator}, so repeatability cannot be told from their "
            "interaction; measure again"
        )
    terms = (
        Term(part, parts, (parts,)),
        Term(operator, operators, (parts, operators)),
        Term(f"{part}:{operator}", cell, (cell,)),
    )
    design = _checked(Design(terms, f"crossed: {part} x {operator}"))
    ranks = [term.basis.shape[1] for term in terms]
    if ranks[1] == ranks[0] or ranks[2] == ranks[1]:
        raise UtilError(
            f"--crossed: the levels of {part} and {operator} do not meet, so their effects cannot be told apart; where "
            f"each {operator} measured a {part} of its own, use --nested"
        )
    return design


def _checked(design: Design) -> Design:
    last = design.terms[-1]
    if len(last.cell) * (last.cell.max() + 1) > MAX_ELEMENTS:
        raise UtilError(
            f"{len(last.cell):,} observations in {last.cell.max() + 1:,} cells of {last.name} are too many; use fewer"
        )
    return design


def indicator(cell: NDArray[np.intp]) -> NDArray[np.float64]:
    """Which cell each observation is in (N, K) [0 or 1]."""
    matrix = np.zeros((len(cell), cell.max() + 1))
    matrix[np.arange(len(cell)), cell] = 1
    return matrix


def _combine(outer: NDArray[np.intp], inner: NDArray[np.intp]) -> NDArray[np.intp]:
    """The combination (N,) of two factors' levels that each observation has, 0..K-1."""
    return np.unique(outer * (inner.max() + 1) + inner, return_inverse=True)[1]
