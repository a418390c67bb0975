"""Errors of depth maps, in grey levels. Maps are arrays (N, H, W); smaller is deeper."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOOR = 30.0  # [grey level] of every hole's plateau; the same as in models and data, which a test checks


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


def normalised_depth(depth_grey: NDArray, level: NDArray, floor: float = FLOOR) -> NDArray[np.float64]:
    """Normalised depth u (N, H, W) [1] of maps with background `level` (N,): (L - depth) / (L - floor)."""
    top = np.asarray(level, dtype=np.float64)[:, None, None]
    return (top - depth_grey) / (top - floor)


def denormalise(shape: NDArray, level: NDArray, floor: float = FLOOR) -> NDArray[np.float64]:
    """Depth map (N, H, W) [grey level] of normalised depths at background `level` (N,): L - (L - floor) u."""
    top = np.asarray(level, dtype=np.float64)[:, None, None]
    return top - (top - floor) * shape


def align_scale_shift(predicted: NDArray, truth: NDArray) -> NDArray[np.float64]:
    """Maps (N, H, W) after the scale and shift of each that bring it closest to its truth, by least squares.

    Eigen et al. 2014; Ranftl et al. 2020, section 5. A constant map becomes the mean of its truth.
    """
    x, y = predicted.astype(np.float64), truth.astype(np.float64)
    x_mean, y_mean = x.mean(axis=(1, 2), keepdims=True), y.mean(axis=(1, 2), keepdims=True)
    variance = ((x - x_mean) ** 2).mean(axis=(1, 2), keepdims=True)
    covariance = ((x - x_mean) * (y - y_mean)).mean(axis=(1, 2), keepdims=True)
    scale = np.divide(covariance, variance, out=np.zeros_like(variance), where=variance > 0)
    return y_mean + scale * (x - x_mean)


def confusion(predicted: NDArray, truth: NDArray, classes: Sequence[int]) -> NDArray[np.int64]:
    """How many of each true class (rows) were taken for which (columns), (K, K); other truths do not count."""
    return np.array([[int(np.sum((truth == row) & (predicted == column))) for column in classes] for row in classes])


def boundary_distances(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distances [px] between the contours of masks (N, H, W): from each contour pixel of one to the nearest of the
    other, both ways, over all images where both have a contour."""
    from scipy.ndimage import binary_erosion, distance_transform_edt  # here, because importing scipy is slow

    distances = [np.zeros(0)]
    for masks in zip(predicted, truth, strict=True):
        contours = [mask & ~binary_erosion(mask, border_value=1) for mask in masks]
        if all(contour.any() for contour in contours):
            for contour, other in (contours, contours[::-1]):
                distances.append(distance_transform_edt(~other)[contour])
    return np.concatenate(distances)


class Mean:
    """The mean of all values that came, in parts."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def add(self, values: NDArray) -> None:
        """More of them."""
        self.total, self.count = self.total + float(values.sum()), self.count + values.size

    @property
    def value(self) -> float | None:
        """Their mean; None of none."""
        return self.total / self.count if self.count else None
