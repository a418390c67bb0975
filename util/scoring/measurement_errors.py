"""Bias and 3 sigma of the measures of many holes against their truth, summed up batch by batch."""

import math
from collections import defaultdict
from collections.abc import Iterable

from ..metrology import UNCERTAIN, difference
from ..results import ImageResult

INTERVALS = frozenset(UNCERTAIN.values())


class MeasurementErrors:
    """Takes results one after another; those without a truth and what cannot be measured in both maps do not count."""

    def __init__(self) -> None:
        self._errors: dict[str, _Spread] = defaultdict(_Spread)
        self._inside: dict[str, _Spread] = defaultdict(_Spread)

    def add(self, results: Iterable[ImageResult]) -> None:
        """The measures of some holes."""
        for result in results:
            measured, truth = result.measurements or {}, result.true_measurements or {}
            for name, value in measured.items():
                error = difference(name, value, truth.get(name, math.nan))
                if name in INTERVALS or math.isnan(error):
                    continue
                self._errors[name].add(error)
                if not math.isnan(u90 := measured.get(UNCERTAIN.get(name, ""), math.nan)):
                    self._inside[name].add(abs(error) <= u90)

    def summary(self) -> dict[str, dict[str, float | None]]:
        """By measure: how many holes `n`, `bias`, `three_sigma` [the measure's unit], and `coverage` [0..1], the share
        of the truths inside the stated 90 % interval. None is what is not defined or not stated.

        The bias is the mean of predicted less true, sigma the sample standard deviation of that (n - 1).
        """
        return {
            name: {
                "n": errors.count,
                "bias": errors.mean,
                "three_sigma": 3 * (errors.squares / (errors.count - 1)) ** 0.5 if errors.count > 1 else None,
                "coverage": self._inside[name].mean if name in self._inside else None,
            }
            for name, errors in self._errors.items()
        }


class _Spread:
    """Mean, and sum of squares around it, of numbers one after another (Welford, Technometrics 4, 419, 1962)."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, value: float) -> None:
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)
