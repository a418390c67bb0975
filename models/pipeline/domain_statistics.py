"""What the images of a domain have in common, measured on them alone."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .appearance import NOISE_BINS
from .sem_contour import BINS, surroundings

HIGH_PASS = torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6  # white noise keeps its variance
ENOUGH = 20  # pixels of a bin


class DomainStatistics:
    """Of images (N, H, W) [grey level], each with the number of its level (N,).

    `area` of the holes (median) [px], `centroid` (N, 2) [px], `profile` (levels, BINS), the mean grey by level and
    place against the contour (NaN where nothing lies), `variance` (NOISE_BINS,) of the noise by grey [grey level^2],
    `brightest` [grey level], to which all images are rescaled, or 0.
    """

    def __init__(self, images: NDArray, level: NDArray, levels: int) -> None:
        found, grey = surroundings(images), images.astype(np.float32)
        place, max_grey = found.profile_bin(), grey.max(axis=(1, 2))
        self.area, self.centroid = found.area, found.centroid
        self.profile = np.stack([_means(grey[level == n], place[level == n]) for n in range(levels)])
        self.variance = noise_by_grey(torch.from_numpy(grey)[:, None])
        rescaled = np.ptp(np.quantile(max_grey, (0.05, 0.95))) <= 1 and np.median(max_grey) < 255
        self.max_grey = float(np.median(max_grey)) if rescaled else 0.0


def noise_by_grey(images: Tensor) -> NDArray[np.float32]:
    """Variance of the noise, (NOISE_BINS,) [grey level^2], of images (N, 1, H, W), by the grey around a pixel.

    What a Laplacian difference leaves, which straight edges do not pass (Immerkaer, Computer Vision and Image
    Understanding 64, 1996), less the variance of rounding. Where a grey is rare, a straight line's value.
    """
    passed = F.conv2d(images, HIGH_PASS[None, None]).square().flatten().numpy()
    around = F.avg_pool2d(images, 3, stride=1).flatten().numpy()
    bins = (around / 256 * NOISE_BINS).astype(np.int64).clip(0, NOISE_BINS - 1)
    # The median is blind to the few pixels where a corner passes: for a normal distribution it is 0.4549 variances.
    variance = np.array(
        [np.median(some) if (some := passed[bins == n]).size > 500 else np.nan for n in range(NOISE_BINS)]
    )
    seen = np.isfinite(variance)
    if seen.sum() < 2:
        return np.full(NOISE_BINS, passed.mean(), dtype=np.float32)
    grey, measured = np.arange(NOISE_BINS), variance[seen] / 0.4549
    slope, offset = np.polyfit(grey[seen], measured, 1)
    filled = np.maximum(offset + slope * grey, measured.min())
    filled[seen] = measured
    return np.maximum(filled - 1 / 12, 0.05).astype(np.float32)


def shared(place: NDArray) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """The two bins that each place lies between, with its shares of them."""
    low = place.ravel().astype(np.int64)
    share = (place.ravel() - low).astype(np.float64)
    return [(low, 1 - share), (low + 1, share)]


def _means(grey: NDArray, place: NDArray) -> NDArray[np.float64]:
    total, summed = np.zeros(BINS), np.zeros(BINS)
    for index, weight in shared(place):
        total += np.bincount(index, weight, BINS)
        summed += np.bincount(index, weight * grey.ravel(), BINS)
    return np.where(total > ENOUGH, summed / np.maximum(total, 1), np.nan)
