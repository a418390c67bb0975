"""Variance components by restricted maximum likelihood (REML)."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from .design import Design, Term, indicator

NONE = 1e-7  # of the total variance: a component below it is at its bound, 0
TOLERANCE = 1e-9  # of the gradient at the optimum, for values of unit deviation
MAX_EFFECTS = 500  # that observations share: the search would take more than minutes
ROUNDING = 1e-6  # of the logarithm of the likelihood


def estimate_components(values: NDArray[np.float64], design: Design) -> tuple[NDArray[np.float64], list[str]]:
    """The components (T + 1,) of the terms and the residual by REML, at least 0, and a line that says so.

    In balanced designs without negative estimates they equal those of the expected mean squares (R. R. Corbeil, S. R.
    Searle, Technometrics 18 (1976) 31). Raises UtilError if the search for the optimum fails, or would take long.
    """
    effects = sum(len(np.unique(term.cell[design.block == 0])) for term in design.terms)
    if effects > MAX_EFFECTS:
        raise UtilError(f"--method reml: {effects:,} effects are too many for a search; use --method anova")
    components, scale = np.zeros(len(design.terms) + 1), values.std()
    if scale:
        try:
            coarse = _fit(values / scale, design.block, design.terms, None, method="powell", xtol=1e-8, ftol=1e-12)
            kept = np.flatnonzero(coarse.vcomp > NONE * (coarse.vcomp.sum() + coarse.scale))
            components[-1] = values.var(ddof=1)
            if len(kept):  # a gradient search stalls at a bound, so that only the others take part
                terms, start = [design.terms[n] for n in kept], coarse.vcomp[kept] / coarse.scale
                fine = _fit(values / scale, design.block, terms, start, method="bfgs", gtol=TOLERANCE)
                best = np.append(fine.vcomp, fine.scale) if fine.llf > coarse.llf - ROUNDING else np.nan
                components[[*kept, -1]] = best * scale**2
        except np.linalg.LinAlgError:
            components[-1] = np.nan
    if not np.isfinite(components).all():
        raise UtilError("--method reml: the search for the optimum failed; use --method anova")
    return components, ["components by restricted maximum likelihood (REML)"]


def _fit(values: NDArray, block: NDArray, terms: Sequence[Term], start: NDArray | None, **search: Any) -> Any:
    """The fit of a model with a mean and the effects of `terms`; `start` are components over that of the residual."""
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec

    order = np.argsort(block, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(block))[:-1])
    matrices = [[indicator(np.unique(term.cell[each], return_inverse=True)[1]) for each in rows] for term in terms]
    levels = [[[str(n) for n in range(matrix.shape[1])] for matrix in each] for each in matrices]
    effects = VCSpec([term.name for term in terms], levels, matrices)
    model = MixedLM(values[order], np.ones((len(order), 1)), groups=block[order], exog_vc=effects)
    if start is not None:
        start = MixedLMParams.from_components(np.zeros(1), cov_re=np.zeros((0, 0)), vcomp=start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about components at their bound
        return model.fit(start_params=start, reml=True, **search)
