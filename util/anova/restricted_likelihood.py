"""Variance components by restricted maximum likelihood (REML)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from .design import Design, indicator

NONE, MAX = np.log(1e-9), np.log(1e14)  # logarithms of components over the residual's; the lowest stands for 0
ROUNDING = 1e-8  # of the logarithm of the likelihood
MAX_EFFECTS = 500  # that observations share: the search would take more than minutes


def estimate_components(
    values: NDArray[np.float64], design: Design, start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[str]]:
    """The components (T + 1,) of the terms and the residual by REML, at least 0, and a line that says so.

    The search begins at the components `start`. In balanced designs without negative estimates the result equals that
    of the expected mean squares (R. R. Corbeil, S. R. Searle, Technometrics 18 (1976) 31). Raises UtilError if the
    residual is 0, if the search fails, or if it would take long.
    """
    effects = sum(len(np.unique(term.cell[design.block == 0])) for term in design.terms)
    if effects > MAX_EFFECTS:
        raise UtilError(f"--method reml: {effects:,} effects are too many for a search; use --method anova")
    if not start[-1] > 0:
        raise UtilError("--method reml: the residual is 0, so there is no likelihood; use --method anova")
    likelihood = _Likelihood.of(values / start[-1] ** 0.5, design)
    first = np.log((start[:-1] / start[-1]).clip(1e-3, 1e12))
    free = np.ones(len(first), dtype=bool)
    best, height = likelihood.maximise(first, free)
    while free.any():  # near 0 the likelihood is flat, so it is asked whether a component is needed at all
        fewer = free & (np.arange(len(free)) != np.argmin(np.where(free, best, np.inf)))
        other, without = likelihood.maximise(first, fewer)
        if without < height - ROUNDING:
            break
        free, best, height = fewer, other, max(height, without)
    if not np.isfinite(height):
        raise UtilError("--method reml: the search for the optimum failed; use --method anova")
    components = np.append(np.where(free, np.exp(best), 0), 1) * likelihood.residual(best) * start[-1]
    return components, ["components by restricted maximum likelihood (REML)"]


@dataclass(frozen=True)
class _Likelihood:
    """The restricted likelihood of a mean and random effects; the residual's component is profiled out."""

    model: Any  # statsmodels' MixedLM

    @classmethod
    def of(cls, values: NDArray[np.float64], design: Design) -> "_Likelihood":
        """The likelihood of `values` (N,), block by block."""
        from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

        block = design.block
        order = np.argsort(block, kind="stable")
        rows = np.split(order, np.cumsum(np.bincount(block))[:-1])
        cells = [[np.unique(term.cell[each], return_inverse=True)[1] for each in rows] for term in design.terms]
        levels = [[[str(n) for n in range(cell.max() + 1)] for cell in each] for each in cells]
        matrices = [[indicator(cell) for cell in each] for each in cells]
        effects = VCSpec([term.name for term in design.terms], levels, matrices)
        model = MixedLM(values[order], np.ones((len(order), 1)), groups=block[order], exog_vc=effects)
        model.reml, model.cov_pen, model.fe_pen = True, None, None  # what its own search, which stalls at 0, would set
        return cls(model)

    def maximise(self, start: NDArray[np.float64], free: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
        """The logarithms (T,) of the components over the residual's where only those that are `free` exist, and the
        logarithm of the likelihood there."""
        from scipy.optimize import minimize

        logarithms = np.where(free, start, NONE)
        if not free.any():
            return logarithms, -self._minus(logarithms, free)[0]

        def minus(part: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            logarithms[free] = part
            return self._minus(logarithms, free)

        bounds = [(NONE, MAX)] * free.sum()
        options = {"ftol": 1e-15, "gtol": 1e-9}
        best = minimize(minus, start[free], jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        logarithms[free] = best.x
        return logarithms, -best.fun

    def residual(self, logarithms: NDArray[np.float64]) -> float:
        """The residual's component."""
        parameters = self._parameters(logarithms)
        return self.model.get_scale(parameters.fe_params, parameters.cov_re, parameters.vcomp)

    def _minus(self, logarithms: NDArray[np.float64], free: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
        """Minus the logarithm of the likelihood, and its slope along the free logarithms."""
        parameters = self._parameters(logarithms)
        slope = self.model.score_sqrt(parameters, calc_fe=False)[2]  # along the root of a component
        return -self.model.loglike(parameters, profile_fe=False), -(slope * np.exp(logarithms / 2) / 2)[free]

    def _parameters(self, logarithms: NDArray[np.float64]) -> Any:
        """The components over the residual's, and the mean that is best with them."""
        from statsmodels.regression.mixed_linear_model import MixedLMParams

        none, ratios = np.zeros((0, 0)), np.exp(logarithms)
        mean, _ = self.model.get_fe_params(none, ratios)
        return MixedLMParams.from_components(mean, cov_re=none, vcomp=ratios)
