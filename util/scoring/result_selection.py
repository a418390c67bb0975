"""Which of many test images a page shows: the worst, and a uniform sample of the others."""

import heapq
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrology import FlagCount
from ..results import ImageResult

MAX_IMAGES = 1000
MAX_PIXELS = 200 * 2**20  # of all images that are kept in memory
MAX_ROWS = 10_000


class ResultSelection:
    """Takes results one after another and keeps at most `maximum` of the `total` that will come.

    `maximum` is MAX_IMAGES, or fewer where the images are large. Of at most MAX_ROWS results it also keeps what
    `summarise` makes of them.
    """

    def __init__(
        self, total: int, maximum: int | None = None, summarise: Callable[[ImageResult], Any] | None = None
    ) -> None:
        self.total, self.maximum, self.count = total, maximum or 0, 0
        self.n_ood = 0  # results that are out of distribution
        self.flagged = FlagCount()
        self.summarise = summarise
        self._summaries: dict[int, Any] = {}
        self._errors: list[float] = []
        self._uniform: dict[int, ImageResult] = {}
        self._worst: list[tuple[float, int, ImageResult]] = []
        self._wanted: set[int] = set()

    def add(self, results: Iterable[ImageResult]) -> None:
        """The next results, in their order."""
        for result in results:
            error = result.rmse
            self.n_ood += result.is_ood
            self.flagged.add(result.stem, result.flags)
            if not self.count:
                self._begin(result)
            if self.count in self._wanted:
                self._uniform[self.count] = result
            if self.summarise and self.count % -(-self.total // MAX_ROWS) == 0:
                self._summaries[self.count] = self.summarise(result)
            if error is not None:
                self._errors.append(error)
                if self.total > self.maximum:
                    heapq.heappush(self._worst, (error, -self.count, result))
                    if len(self._worst) > self.maximum // 4:
                        heapq.heappop(self._worst)
            self.count += 1

    def _begin(self, first: ImageResult) -> None:
        self.maximum = self.maximum or min(MAX_IMAGES, max(4, MAX_PIXELS // first.input.size))
        n_uniform = self.maximum - (self.maximum // 4 if first.rmse is not None else 0)
        self._wanted = set(range(self.total))
        if self.total > self.maximum:
            self._wanted = {n * self.total // n_uniform for n in range(n_uniform)}

    @property
    def _kept(self) -> dict[int, ImageResult]:
        return self._uniform | {-n: result for _, n, result in self._worst}

    @property
    def shown(self) -> list[ImageResult]:
        """The results that were kept, in their order."""
        return [result for _, result in sorted(self._kept.items())]

    @property
    def rows(self) -> list[Any]:
        """What `summarise` makes of results, in their order: of those that were kept, and of up to MAX_ROWS others."""
        if self.summarise is None:
            return []
        rows = {n: self.summarise(result) for n, result in self._kept.items() if n not in self._summaries}
        return [row for _, row in sorted((rows | self._summaries).items())]

    @property
    def sampling(self) -> str:
        """Which of the results were kept, in words."""
        return "the worst, and a uniform sample of the others" if self._errors else "a uniform sample"

    @property
    def errors(self) -> NDArray[np.float64]:
        """RMSE of every result's final map (N,) [grey level]; empty where the ground truth is not known."""
        return np.array(self._errors)
