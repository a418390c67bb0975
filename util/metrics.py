"""Errors of depth maps, in grey levels. Maps are arrays (N, H, W); smaller is deeper."""

import numpy as np
from numpy.typing import NDArray

FLOOR = 30.0


def rmse(predicted: NDArray, truth: NDArray, where: NDArray[np.bool_] | None = None) -> float:
    """Root of the mean squared error over all pixels of all images [grey level]: the contest's metric.

    `where` (N, H, W) takes some pixels only; NaN if it takes none.
    """
    if where is not None and not where.any():
        return float("nan")
    error = np.subtract(predicted, truth, dtype=np.float64)
    return float(np.sqrt(np.mean(np.square(error), where=True if where is None else where)))


def image_rmse(predicted: NDArray, truth: NDArray) -> NDArray[np.float64]:
    """RMSE of each image (N,) [grey level]. Its mean is never above `rmse`, and equal only if all images err alike."""
    return np.sqrt(np.mean(np.square(np.subtract(predicted, truth, dtype=np.float64)), axis=(1, 2)))


def mae(predicted: NDArray, truth: NDArray) -> float:
    """Mean absolute error over all pixels [grey level]."""
    return float(np.abs(np.subtract(predicted, truth, dtype=np.float64)).mean())


def bias(predicted: NDArray, truth: NDArray) -> float:
    """Mean error over all pixels [grey level]; above 0 is predicted too shallow."""
    return float(np.subtract(predicted, truth, dtype=np.float64).mean())


def levels_of(truth: NDArray) -> NDArray[np.float64]:
    """Background level (N,) [grey level] of true maps: nothing is shallower than the background."""
    return truth.max(axis=(1, 2)).astype(np.float64)


def unit(depth_grey: NDArray, level: NDArray, floor: float = FLOOR) -> NDArray[np.float64]:
    """Unit shape u (N, H, W) [1] of maps with background `level` (N,): (L - depth) / (L - floor), 0 is background."""
    top = np.asarray(level, dtype=np.float64)[:, None, None]
    return (top - depth_grey) / (top - floor)


def at_level(shape: NDArray, level: NDArray, floor: float = FLOOR) -> NDArray[np.float64]:
    """Depth map (N, H, W) [grey level] of unit shapes at background `level` (N,): L - (L - floor) u."""
    top = np.asarray(level, dtype=np.float64)[:, None, None]
    return top - (top - floor) * shape
