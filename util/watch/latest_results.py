"""The images that the page of a watch shows: the latest."""

from collections import deque
from collections.abc import Iterable

from ..results import ImageResult
from ..scoring import ResultSelection
from .journal import MAX_LATEST


class LatestResults(ResultSelection):
    """Keeps the latest of the results that it is given, and counts all."""

    sampling = "the latest"

    def __init__(self) -> None:
        super().__init__(MAX_LATEST)
        self.results: deque[ImageResult] = deque(maxlen=MAX_LATEST)

    def add(self, results: Iterable[ImageResult]) -> None:
        """The next results."""
        for result in results:
            self.results.append(result)
            self.count += 1
            self.n_ood += result.is_ood
            self.flagged.add(result.stem, result.flags)

    def prepend(self, results: Iterable[ImageResult]) -> None:
        """Results that came before; there must be room for them."""
        self.results.extendleft(reversed(list(results)))

    @property
    def shown(self) -> list[ImageResult]:
        """The results that were kept, in their order."""
        return list(self.results)
