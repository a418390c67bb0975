"""Which of many test images a page shows: the worst, and a uniform sample of the others."""

import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..results import ImageResult

MAX_IMAGES = 200


class ResultSelection:
    """Takes results one after another and keeps at most `maximum` of the `total` that will come."""

    def __init__(self, total: int, maximum: int = MAX_IMAGES) -> None:
        self.total, self.maximum, self.count = total, maximum, 0
        self.n_ood = 0  # results that are out of distribution
        self._errors: list[float] = []
        self._uniform: dict[int, ImageResult] = {}
        self._worst: list[tuple[float, int, ImageResult]] = []
        self._wanted: set[int] = set()

    def add(self, results: Iterable[ImageResult]) -> None:
        """The next results, in their order."""
        for result in results:
            error = result.rmse
            self.n_ood += result.is_ood
            if not self.count:
                n_uniform = self.maximum - (self.maximum // 4 if error is not None else 0)
                self._wanted = set(range(self.total))
                if self.total > self.maximum:
                    self._wanted = {n * self.total // n_uniform for n in range(n_uniform)}
            if self.count in self._wanted:
                self._uniform[self.count] = result
            if error is not None:
                self._errors.append(error)
                if self.total > self.maximum:
                    heapq.heappush(self._worst, (error, -self.count, result))
                    if len(self._worst) > self.maximum // 4:
                        heapq.heappop(self._worst)
            self.count += 1

    @property
    def shown(self) -> list[ImageResult]:
        """The results that were kept, in their order."""
        kept = self._uniform | {-n: result for _, n, result in self._worst}
        return [kept[n] for n in sorted(kept)]

    @property
    def errors(self) -> NDArray[np.float64]:
        """RMSE of every result's final map (N,) [grey level]; empty where the ground truth is not known."""
        return np.array(self._errors)
