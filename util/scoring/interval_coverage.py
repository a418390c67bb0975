"""How much of the truth lies inside stated intervals, summed up batch by batch."""

import numpy as np
from numpy.typing import NDArray

from .metrics import FLOOR

FLOOR_FROM = 0.9  # share of the depth from which on a pixel is floor


class IntervalCoverage:
    """Of 90 % intervals of pixels and of floors; and how many images are called strange."""

    def __init__(self) -> None:
        self.pixels = self.inside = self.floors = self.floors_inside = self.images = self.strange = 0
        self.half = 0.0

    def add(
        self, depth: NDArray, truth: NDArray, level: NDArray, interval: NDArray, floor: NDArray, strange: NDArray
    ) -> None:
        """A batch: maps (N, H, W) with half the width of their intervals, levels (N,), floors (N, 2), strangeness (N,).

        Pixels of the background are left out: they are right in almost any map. The floor is where the predicted map
        has 0.9 of the depth from its level to grey 30; what its depth is to be compared with is the truth's there.
        """
        hole = (truth < truth.max(axis=(1, 2), keepdims=True)) | (depth < level[:, None, None] - 1)
        self.pixels += int(hole.sum())
        self.inside += int((np.abs(depth - truth) <= interval)[hole].sum())
        self.half += float(interval[hole].sum())
        where = level[:, None, None] - depth > FLOOR_FROM * (level[:, None, None] - FLOOR)
        true_depth = truth.max(axis=(1, 2), keepdims=True) - truth
        known = where.any(axis=(1, 2))
        mean = (true_depth * where).sum(axis=(1, 2))[known] / where.sum(axis=(1, 2))[known]
        self.floors += int(known.sum())
        self.floors_inside += int((np.abs(floor[known, 0] - mean) <= floor[known, 1]).sum())
        self.images, self.strange = self.images + len(depth), self.strange + int((strange > 1).sum())

    def summary(self) -> dict[str, float | None]:
        """Shares [0..1], and the mean half width of a pixel's interval in the holes [grey level]."""
        return {
            "pixels": self.inside / self.pixels if self.pixels else None,
            "floors": self.floors_inside / self.floors if self.floors else None,
            "half_width": self.half / self.pixels if self.pixels else None,
            "strange": self.strange / max(self.images, 1),
        }
