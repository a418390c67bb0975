"""Control charts of one quantity: Shewhart's of its mean and spread, and an EWMA, with limits from a baseline.

NIST/SEMATECH e-Handbook, 6.3.2.1 (mean with range or standard deviation), 6.3.2.2 (individual values with moving
ranges) and 6.3.2.4 (EWMA).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from . import chart_factors as factors
from .western_electric import broken_rules

LAMBDA = 0.2  # weight of the newest point in the EWMA
LIMIT = 3.0  # [sigma] of all control limits
INDIVIDUALS, RANGE, DEVIATION = "moving range", "range", "standard deviation"  # what the chart of the spread shows
EWMA_RULE = "EWMA beyond its limits"


@dataclass(frozen=True)
class ControlChart:
    """N points in the order of time, in the quantity's unit; what is not defined is NaN.

    `centre` and `sigma` are those of single values; NaN, and no limits, while the baseline is not complete.
    """

    count: NDArray[np.intp]  # (N,) values of each point
    mean: NDArray[np.float64]  # (N,)
    spread: NDArray[np.float64]  # (N,) range, standard deviation or moving range, as `spread_name` says
    spread_name: str
    baseline: NDArray[np.bool_]  # (N,) points that gave the limits
    centre: float
    sigma: float
    weight: float = LAMBDA

    @cached_property
    def mean_sigma(self) -> NDArray[np.float64]:
        """Standard deviation (N,) of each mean."""
        size = np.ones_like(self.mean) if self.spread_name == INDIVIDUALS else self.count
        return self.sigma / np.sqrt(size)

    @property
    def mean_limits(self) -> tuple[NDArray, NDArray]:
        """Lower and upper control limit (N,) of the means."""
        return self.centre - LIMIT * self.mean_sigma, self.centre + LIMIT * self.mean_sigma

    @cached_property
    def spread_limits(self) -> tuple[NDArray, NDArray, NDArray]:
        """Centre line, lower and upper control limit (N,) of the spread."""
        lines = np.array([spread_lines(self.spread_name, n) for n in self.count.tolist()]).reshape(-1, 3) * self.sigma
        return lines[:, 0], lines[:, 1], lines[:, 2]

    @cached_property
    def ewma(self) -> NDArray[np.float64]:
        """The exponentially weighted moving average (N,); it starts at the centre line."""
        return exponential_average(self.mean, self.centre, self.weight)

    @cached_property
    def ewma_limits(self) -> tuple[NDArray, NDArray]:
        """Lower and upper control limit (N,) of the EWMA: the exact ones, which widen over the first points."""
        width = LIMIT * np.sqrt(exponential_average(self.mean_sigma**2, 0.0, self.weight, self.weight**2))
        return self.centre - width, self.centre + width

    @cached_property
    def signals(self) -> list[list[str]]:
        """The names of the rules that each of the N points breaks."""
        if not self.sigma > 0:
            return [[] for _ in self.mean]
        rules = broken_rules((self.mean - self.centre) / self.mean_sigma)
        _, low, high = self.spread_limits
        rules[f"{self.spread_name} beyond its limits"] = (self.spread < low) | (self.spread > high)
        rules[EWMA_RULE] = (self.ewma < self.ewma_limits[0]) | (self.ewma > self.ewma_limits[1])
        return [[name for name, broken in rules.items() if broken[n]] for n in range(len(self.mean))]


def control_chart(points: Sequence[Sequence[float]], baseline: NDArray, weight: float = LAMBDA) -> ControlChart:
    """The chart of points (N) of one or more values each; `baseline` (N,) marks those that give the limits.

    Points of one value in the baseline give a chart of individual values, and their moving ranges its limits. Otherwise
    the spread inside the points does: their ranges up to 10 values, their standard deviations above.
    """
    count = np.array([len(values) for values in points], dtype=np.intp)
    mean = np.array([math.fsum(values) / len(values) for values in points])
    sizes = count[baseline] if baseline.any() else count
    if not len(sizes) or sizes.min() < 2:
        spread_name, spread = INDIVIDUALS, np.abs(np.diff(mean, prepend=math.nan))
        sigmas = np.abs(np.diff(mean[baseline])) / factors.MOVING_RANGE
    else:
        spread_name = DEVIATION if sizes.max() > factors.MAX_RANGE else RANGE
        spread = np.array([_spread(spread_name, values) for values in points])
        scale = np.array([spread_lines(spread_name, n)[0] for n in count.tolist()])
        sigmas = (spread / scale)[baseline]
    centre = float(mean[baseline].mean()) if baseline.any() else math.nan
    sigma = float(sigmas.mean()) if len(sigmas) else math.nan
    return ControlChart(count, mean, spread, spread_name, baseline, centre, sigma, weight)


def exponential_average(values: NDArray, start: float, weight: float, gain: float | None = None) -> NDArray[np.float64]:
    """z_t = gain x_t + (1 - weight) z_(t-1) (N, ...), z_0 = start; the gain of an EWMA is its weight.

    With the gain weight^2 and the factor (1 - weight)^2 the same recursion gives the variance of an EWMA.
    """
    gain, keep = (weight, 1 - weight) if gain is None else (gain, (1 - weight) ** 2)
    average, last = np.empty(values.shape), np.asarray(start)
    for n, value in enumerate(values):
        average[n] = last = gain * value + keep * last
    return average


def spread_lines(name: str, n: int) -> tuple[float, float, float]:
    """Centre line, lower and upper limit of the spread of n normal values of sigma 1."""
    if name == INDIVIDUALS:
        mean, sigma = factors.MOVING_RANGE, factors.range_sigma(2) / factors.range_mean(2) * factors.MOVING_RANGE
    elif n < 2 or (name == RANGE and n > factors.MAX_RANGE):
        return math.nan, math.nan, math.nan
    elif name == RANGE:
        mean, sigma = factors.range_mean(n), factors.range_sigma(n)
    else:
        mean, sigma = factors.deviation_mean(n), factors.deviation_sigma(n)
    return mean, max(0.0, mean - LIMIT * sigma), mean + LIMIT * sigma


def _spread(name: str, values: Sequence[float]) -> float:
    if len(values) < 2:
        return math.nan
    return float(np.ptp(values) if name == RANGE else np.std(values, ddof=1))
