"""What a SEM image shows of its hole without ground truth: the half-level contour, and each pixel's distance to it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, label

MIN_DISTANCE, MAX_DISTANCE = -12, 12  # [px] signed, + outside; pixels farther away count in the last bins
SIDES = 4  # left, right, top, bottom
BINS_PER_SIDE = MAX_DISTANCE - MIN_DISTANCE + 1
PROFILE_BINS = SIDES * BINS_PER_SIDE


class ContourDistance(NamedTuple):
    """Of images (N, H, W): `distance` float32 (N, H, W) from the contour [px], negative inside; `side` int64 (N, H, W)
    [0..3], the side of the hole that a pixel lies on; `centroid` float64 (N, 2), (y, x) of the hole [px]."""

    distance: NDArray[np.float32]
    side: NDArray[np.int64]
    centroid: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Median area of the holes [px^2]."""
        return self._median_area(0)

    def offset(self, area: float) -> float:
        """How far the contours must move outwards for a median area of the holes of `area` [px^2]; -6..6 [px]."""
        low, high = -6.0, 6.0
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if self._median_area(middle) < area else (low, middle)
        return (low + high) / 2

    def profile_bin(self, offset: float = 0.0) -> NDArray[np.float32]:
        """Each pixel's position (N, H, W) [0..PROFILE_BINS - 1) in a profile; contours move outwards by `offset` [px].

        The integer part is a bin. The rest is the weight of the next bin.
        """
        position = (self.distance - offset - MIN_DISTANCE).clip(0, MAX_DISTANCE - MIN_DISTANCE - 1e-3)
        return (self.side * BINS_PER_SIDE + position).astype(np.float32)

    def _median_area(self, offset: float) -> float:
        return float(np.median((0.5 + offset - self.distance).clip(0, 1).sum(axis=(1, 2))))


def measure_contour_distance(images: NDArray) -> ContourDistance:
    """Each pixel's distance and side from the half-level contour of its hole, in SEM images (N, H, W) [grey level].

    The image is smoothed by 1 px against noise. The contour is half way between the floor (10 % percentile) and the
    surface (median of a ring of 3 px along the border). The hole is the largest connected component inside it: dark
    particles and lines are none.
    """
    smooth = gaussian_filter(images.astype(np.float32), (0, 1, 1), mode="nearest")
    ring = np.ones(images.shape[1:], dtype=bool)
    ring[3:-3, 3:-3] = False
    positions = np.indices(images.shape[1:])
    distance, side = np.empty(images.shape, np.float32), np.empty(images.shape, np.int64)
    centroids = np.empty((len(images), 2))
    for n, image in enumerate(smooth):
        hole = image < (np.quantile(image, 0.1) + np.median(image[ring])) / 2
        hole[0] = hole[-1] = False  # so that every image has a contour
        hole[:, 0] = hole[:, -1] = False
        if not hole.any():
            hole[hole.shape[0] // 2, hole.shape[1] // 2] = True
        components, _ = label(hole)
        hole = components == 1 + np.bincount(components.ravel())[1:].argmax()
        outside, nearest_hole = _find_nearest_false(~hole)
        inside, nearest_surface = _find_nearest_false(hole)
        edge = np.where(hole, nearest_surface, nearest_hole)
        distance[n] = np.where(hole, 0.5 - inside, outside - 0.5)
        outwards = np.where(hole, edge - positions, positions - edge)  # (y, x)
        is_horizontal = np.abs(outwards[1]) >= np.abs(outwards[0])
        side[n] = np.where(is_horizontal, outwards[1] > 0, 2 + (outwards[0] > 0))
        centroids[n] = positions[:, hole].mean(axis=1)
    return ContourDistance(distance, side, centroids)


def _find_nearest_false(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Distance (H, W) to the nearest pixel that is False, and its indices (2, H, W)."""
    distance, indices = distance_transform_edt(mask, return_indices=True)
    return distance, indices
