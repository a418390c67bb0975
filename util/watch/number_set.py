"""A set of 64-bit numbers in 8 bytes each, for what a watch remembers of every file that it ever saw."""

import numpy as np
from numpy.typing import NDArray

MAX_RECENT = 4096  # numbers that are kept apart until they are sorted in


class NumberSet:
    """Whole numbers of 64 bits with a sign, such as those of `hash`."""

    def __init__(self) -> None:
        self.sorted = np.empty(0, np.int64)
        self.recent: set[int] = set()

    def add(self, number: int) -> None:
        """Adds a number."""
        self.recent.add(number)
        if len(self.recent) > MAX_RECENT:
            self._sort_in()

    def contains(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the numbers (N,) are in the set (N,)."""
        self._sort_in()
        if not len(self.sorted):
            return np.zeros(len(numbers), np.bool_)
        index = np.minimum(np.searchsorted(self.sorted, numbers), len(self.sorted) - 1)
        return self.sorted[index] == numbers

    def __contains__(self, number: int) -> bool:
        index = np.searchsorted(self.sorted, number)
        return number in self.recent or bool(index < len(self.sorted) and self.sorted[index] == number)

    def _sort_in(self) -> None:
        if self.recent:
            self.sorted = np.union1d(self.sorted, np.fromiter(self.recent, np.int64, len(self.recent)))
            self.recent.clear()
