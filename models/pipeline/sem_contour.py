"""What a SEM image shows of its hole without any truth: the half-level contour, and the grey around it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

FROM, TO = -12, 12  # [px] signed distances of a profile, + outside; what lies beyond falls into the last bins
SIDES = 4  # left, right, top, bottom
BINS = SIDES * (TO - FROM + 1)


class ContourDistance(NamedTuple):
    """Of images (N, H, W): `distance` from the contour, float32 like them [px], negative inside; `side`, int64 like
    them, of the hole on which a pixel lies; `centroid`, float64 (N, 2), (y, x) of the hole [px]."""

    distance: NDArray[np.float32]
    side: NDArray[np.int64]
    centroid: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Median area of the holes [px]."""
        return self._area(0)

    def offset(self, area: float) -> float:
        """How far outside the contours lie those around holes of another median area [px]."""
        low, high = -6.0, 6.0
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if self._area(middle) < area else (low, middle)
        return (low + high) / 2

    def profile_bin(self, offset: float = 0.0) -> NDArray[np.float32]:
        """Place of each pixel in a profile of BINS, by its distance from the contour moved outwards by `offset` [px].

        Its whole part is a bin, the rest the share of the next one.
        """
        along = (self.distance - offset - FROM).clip(0, TO - FROM - 1e-3)
        return (self.side * (TO - FROM + 1) + along).astype(np.float32)

    def _area(self, offset: float) -> float:
        return float(np.median((0.5 + offset - self.distance).clip(0, 1).sum(axis=(1, 2))))


def surroundings(images: NDArray) -> ContourDistance:
    """Where each pixel of SEM images (N, H, W), [grey level], lies against the half-level contour of its hole.

    The contour is where the image, smoothed by a pixel against noise, is half way from the floor (its 10 % percentile)
    to the surface (the median of a ring of 3 px along the image's border).
    """
    smooth = gaussian_filter(images.astype(np.float32), (0, 1, 1), mode="nearest")
    ring = np.ones(images.shape[1:], dtype=bool)
    ring[3:-3, 3:-3] = False
    places = np.indices(images.shape[1:])
    distance, side = np.empty(images.shape, np.float32), np.empty(images.shape, np.int64)
    centroids = np.empty((len(images), 2))
    for n, image in enumerate(smooth):
        hole = image < (np.quantile(image, 0.1) + np.median(image[ring])) / 2
        hole[0] = hole[-1] = False  # a contour exists, whatever the image
        hole[:, 0] = hole[:, -1] = False
        if not hole.any():
            hole[hole.shape[0] // 2, hole.shape[1] // 2] = True
        outside, near = _nearest(~hole)
        inside, far = _nearest(hole)
        edge = np.where(hole, far, near)
        distance[n] = np.where(hole, 0.5 - inside, outside - 0.5)
        away = np.where(hole, edge - places, places - edge)  # (y, x), outwards
        side[n] = np.where(np.abs(away[1]) >= np.abs(away[0]), away[1] > 0, 2 + (away[0] > 0))
        centroids[n] = places[:, hole].mean(axis=1)
    return ContourDistance(distance, side, centroids)


def _nearest(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Distance (H, W) and place (2, H, W) of the nearest pixel that is not of the mask."""
    distance, place = distance_transform_edt(mask, return_indices=True)
    return distance, place
