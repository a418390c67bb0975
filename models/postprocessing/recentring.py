"""Moves a predicted hole to the position that holes have in the simulated depth maps."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, shift

MIN_MASS = 0.5  # of the largest component's, from which on another one counts as a part of the structure


def centroid(depth_grey: NDArray, level: NDArray) -> NDArray[np.float64]:
    """Centroid (y, x), float64 (N, 2) [px], of the holes of maps (N, H, W) with background `level` (N,) [grey level].

    The weight of a pixel is its depth below the background; NaN if no pixel is deeper than the background. What is not
    connected with the hole does not count: a particle or a dead column does not move it.
    """
    weight = np.maximum(np.asarray(level, dtype=np.float64)[:, None, None] - depth_grey, 0)
    weight = np.stack([_keep_structure(image) for image in weight])
    mass = weight.sum(axis=(1, 2))
    rows, columns = np.arange(weight.shape[1]), np.arange(weight.shape[2])
    with np.errstate(invalid="ignore"):
        return np.stack([weight.sum(axis=2) @ rows / mass, weight.sum(axis=1) @ columns / mass], axis=1)


def recentre(depth_grey: NDArray, level: NDArray, centre: tuple[float, ...]) -> NDArray[np.float32]:
    """Maps, float32 (N, H, W) [grey level], shifted so that the centroid of each hole is at `centre` (y, x) [px].

    The position error of the specimen stage shifts the hole in the SEM image, but the simulated depth maps have the
    hole at a fixed position. The shift interpolates linearly; the background level enters at the border.
    """
    recentred = depth_grey.astype(np.float32, copy=True)
    for n, offset in enumerate(np.asarray(centre) - centroid(depth_grey, level)):
        if np.isfinite(offset).all():
            shift(depth_grey[n], offset, recentred[n], order=1, mode="constant", cval=float(level[n]))
    return recentred


def _keep_structure(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights (H, W) without the connected components of less than MIN_MASS times the largest sum."""
    components, count = label(weight)
    if count < 2:
        return weight
    mass = np.bincount(components.ravel(), weight.ravel())
    return np.where((mass >= MIN_MASS * mass.max())[components], weight, 0)
