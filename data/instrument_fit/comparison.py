"""Compares the statistics of renderings with those of a domain's images."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .image_statistics import NAMES
from .parameters import HIGH, PARAMETERS, START, STEP, WIDTH, to_instrument
from .shape_renderings import ShapeRenderings

# What no parameter can be expected to reproduce, by the first word of a statistic, in its unit.
MODEL_ERROR = {"profile": 0.01, "size": 0.03, "width": 0.03, "margin": 0.005, "noise": 0.002, "row": 0.002}
IMPOSSIBLE = 5.0  # [standard errors] where renderings do not show what the images do


@dataclass(frozen=True)
class DomainSample:
    """Statistics `rows` (N, K) of the images of a domain, their `level_index` (N,), and by level the `mean` (L, K) and
    its squared standard error `variance` (L, K); NaN where too few images tell it."""

    rows: NDArray[np.float64]
    level_index: NDArray[np.int64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray, level_index: NDArray, n_levels: int, min_images: int = 4) -> "DomainSample":
        """The means of the images' statistics (N, K); at least `min_images` of a level must tell one."""
        mean, variance = np.full((2, n_levels, rows.shape[1]), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of columns without any number
            for n in range(n_levels):
                subset = rows[level_index == n]
                count = np.isfinite(subset).sum(axis=0)
                enough = count >= min_images
                mean[n] = np.where(enough, np.nanmean(subset, axis=0), np.nan)
                variance[n] = np.where(enough, np.nanvar(subset, axis=0) / np.maximum(count - 1, 1), np.nan)
        return cls(rows, level_index, mean, variance)


class Comparison:
    """Residuals of the renderings of shapes against a domain's statistics, and their derivatives by the parameters.

    The shapes of each level must be a systematic sample, in the order of their areas.
    """

    def __init__(self, real: DomainSample, renderings: ShapeRenderings, level_index: NDArray, pixel_nm: float) -> None:
        self.real, self.renderings, self.level_index, self.pixel_nm = real, renderings, level_index, pixel_nm
        sample = self.measure(START)
        shape_variance = [_successive_variance(sample.rows[level_index == n]) for n in range(len(real.mean))]
        self.model_variance = np.array([MODEL_ERROR.get(name.split()[0], np.nan) for name in NAMES]) ** 2
        self.sigma = np.sqrt(real.variance + np.stack(shape_variance) + self.model_variance)
        self.valid = np.isfinite(self.sigma) & np.isfinite(sample.mean)
        self._last = np.full_like(START, np.nan), np.empty(0)

    def residuals(self, vector: NDArray) -> NDArray[np.float64]:
        """Residuals (R + P,) in units of their standard errors; the last P are those of the weak expectation."""
        if not np.array_equal(self._last[0], vector):
            difference = ((self.measure(vector).mean - self.real.mean) / self.sigma)[self.valid]
            residuals = np.concatenate((np.nan_to_num(difference, nan=IMPOSSIBLE), (vector - START) / WIDTH))
            self._last = vector.copy(), residuals
        return self._last[1]

    def jacobian(self, vector: NDArray) -> NDArray[np.float64]:
        """Derivatives (R + P, P) by finite differences, inwards at an upper bound."""
        base, columns = self.residuals(vector), []
        for n, step in enumerate(np.where(vector + STEP > HIGH, -STEP, STEP)):
            moved = vector.copy()
            moved[n] += step
            columns.append((self.residuals(moved) - base) / step)
        self._last = vector.copy(), base
        return np.stack(columns, axis=1)

    def measure(self, vector: NDArray) -> DomainSample:
        """Statistics of the renderings by an instrument of `vector` (P,)."""
        rows = self.renderings.measure(to_instrument(vector, self.pixel_nm))
        return DomainSample.of(rows, self.level_index, len(self.real.mean), min_images=1)

    def covariance(self, jacobian: NDArray, sample: DomainSample) -> NDArray[np.float64]:
        """Covariance (P, P) of the fitted parameters, in the fitted scale; `sample` are the renderings by them.

        That of a linear estimate from statistics with known errors ("sandwich"): the scatter from image to image and
        from shape to shape, with all correlations; what the model cannot do; and the weak expectation.
        """
        weighted = np.zeros((*self.valid.shape, len(PARAMETERS)))
        weighted[self.valid] = jacobian[: -len(PARAMETERS)] / self.sigma[self.valid][:, None]
        variance = np.where(self.valid, self.model_variance, 0)
        middle = np.diag(1 / WIDTH**2) + np.einsum("lkp,lkq,lk->pq", weighted, weighted, variance)
        for domain in (self.real, sample):
            for level, sensitivity in enumerate(weighted):
                rows = domain.rows[domain.level_index == level]
                scores = np.nan_to_num(rows - domain.mean[level]) @ sensitivity / max(len(rows), 1)
                middle += scores.T @ scores
        inverse = np.linalg.inv(jacobian.T @ jacobian)
        return inverse @ middle @ inverse


def _successive_variance(rows: NDArray) -> NDArray[np.float64]:
    """Squared standard error (K,) of the mean of a systematic sample (N, K), from differences of its neighbours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of columns without any number
        return np.nanmean(np.diff(rows, axis=0) ** 2, axis=0) / (2 * max(len(rows), 1))
