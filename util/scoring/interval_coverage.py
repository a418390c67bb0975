"""How much of the ground truth lies inside the stated intervals, summed up batch by batch."""

import numpy as np
from numpy.typing import NDArray

from .metrics import FLOOR

FLOOR_FROM = 0.9  # fraction of the depth from which on a pixel is floor


class IntervalCoverage:
    """Coverage of the 90 % intervals of pixels and of floors, and how many images are flagged out of distribution."""

    def __init__(self) -> None:
        self.pixels = self.pixels_inside = self.floors = self.floors_inside = self.images = self.ood_images = 0
        self.u90_sum = 0.0

    def add(
        self,
        depth: NDArray,
        truth: NDArray,
        level: NDArray,
        depth_u90: NDArray,
        floor_depth: NDArray,
        ood_score: NDArray,
    ) -> None:
        """A batch: maps (N, H, W) with their expanded uncertainties, levels (N,), floors (N, 2), OOD scores (N,).

        Pixels of the background do not count: they are right in almost any map. The floor is where the predicted map
        has 0.9 of the depth from its level to the floor's grey; it is compared with the mean true depth there.
        """
        hole = (truth < truth.max(axis=(1, 2), keepdims=True)) | (depth < level[:, None, None] - 1)
        self.pixels += int(hole.sum())
        self.pixels_inside += int((np.abs(depth - truth) <= depth_u90)[hole].sum())
        self.u90_sum += float(depth_u90[hole].sum())
        floor = level[:, None, None] - depth > FLOOR_FROM * (level[:, None, None] - FLOOR)
        true_depth = truth.max(axis=(1, 2), keepdims=True) - truth
        has_floor = floor.any(axis=(1, 2))
        true_mean = (true_depth * floor).sum(axis=(1, 2))[has_floor] / floor.sum(axis=(1, 2))[has_floor]
        self.floors += int(has_floor.sum())
        self.floors_inside += int((np.abs(floor_depth[has_floor, 0] - true_mean) <= floor_depth[has_floor, 1]).sum())
        self.images, self.ood_images = self.images + len(depth), self.ood_images + int((ood_score > 1).sum())

    def summary(self) -> dict[str, float | None]:
        """Coverage and OOD rate [0..1], and the mean expanded uncertainty of a pixel in the holes [grey level]."""
        return {
            "coverage_pixels": self.pixels_inside / self.pixels if self.pixels else None,
            "coverage_floors": self.floors_inside / self.floors if self.floors else None,
            "mean_u90": self.u90_sum / self.pixels if self.pixels else None,
            "ood_rate": self.ood_images / max(self.images, 1),
        }
