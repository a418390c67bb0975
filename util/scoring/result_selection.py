"""Which of many test images a page shows: the worst, and an even share of the others."""

import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..results import ImageResult

MOST_IMAGES = 200


class ResultSelection:
    """Takes results one after another and keeps at most `most` of the `total` that will come."""

    def __init__(self, total: int, most: int = MOST_IMAGES) -> None:
        self.total, self.most, self.count = total, most, 0
        self.strange = 0  # results that the system called so
        self._errors: list[float] = []
        self._even: dict[int, ImageResult] = {}
        self._worst: list[tuple[float, int, ImageResult]] = []
        self._wanted: set[int] = set()

    def add(self, results: Iterable[ImageResult]) -> None:
        """The next results, in their order."""
        for result in results:
            error = result.rmse
            self.strange += result.ood_score is not None and result.ood_score > 1
            if not self.count:
                share = self.most - (self.most // 4 if error is not None else 0)
                self._wanted = set(range(self.total))
                if self.total > self.most:
                    self._wanted = {n * self.total // share for n in range(share)}
            if self.count in self._wanted:
                self._even[self.count] = result
            if error is not None:
                self._errors.append(error)
                if self.total > self.most:
                    heapq.heappush(self._worst, (error, -self.count, result))
                    if len(self._worst) > self.most // 4:
                        heapq.heappop(self._worst)
            self.count += 1

    @property
    def shown(self) -> list[ImageResult]:
        """The results that were kept, in their order."""
        kept = self._even | {-n: result for _, n, result in self._worst}
        return [kept[n] for n in sorted(kept)]

    @property
    def errors(self) -> NDArray[np.float64]:
        """RMSE of every result's finished map (N,) [grey level]; empty where the truth is not known."""
        return np.array(self._errors)
