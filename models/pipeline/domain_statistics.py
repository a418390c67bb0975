"""Statistics of the images of a domain, from the images alone."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .appearance import NOISE_BINS
from .sem_contour import PROFILE_BINS, measure_contour_distance

HIGH_PASS = torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6  # white noise keeps its variance
MIN_PIXELS = 20  # of a profile bin
MIN_NOISE_PIXELS = 500  # of a noise bin
MEDIAN_OF_SQUARE = 0.4549  # median of a squared standard normal variable
MAX_CHANCE = 1.5  # largest ratio of the difference of two sets to that of two halves of a set
MIN_DIFFERENCE = 1.0  # [grey level] a smaller difference does not matter
ROUNDING_VARIANCE = 1 / 12  # [grey level^2] of rounding to whole grey levels


class DomainStatistics:
    """Statistics of images (N, H, W) [grey level] with their level indices (N,).

    `area` of the holes (median) [px^2]; `centroid` (N, 2), (y, x) [px]; `profile` (n_levels, PROFILE_BINS), the mean
    grey by level and profile bin, NaN for a bin with few pixels; `variance` (NOISE_BINS,) of the noise by grey
    [grey level^2]; `max_grey` [grey level], to which all images are rescaled, 0 if they are not.
    """

    def __init__(self, images: NDArray, level_index: NDArray, n_levels: int) -> None:
        contour, grey = measure_contour_distance(images), images.astype(np.float32)
        profile_bin, max_grey = contour.profile_bin(), grey.max(axis=(1, 2))
        self.area, self.centroid = contour.area, contour.centroid
        self.profile = np.stack(
            [_mean_profile(grey[level_index == n], profile_bin[level_index == n]) for n in range(n_levels)]
        )
        self.variance = measure_noise_variance(torch.from_numpy(grey)[:, None])
        is_rescaled = np.ptp(np.quantile(max_grey, (0.05, 0.95))) <= 1 and np.median(max_grey) < 255
        self.max_grey = float(np.median(max_grey)) if is_rescaled else 0.0


def is_same_domain(first: tuple[NDArray, NDArray], second: tuple[NDArray, NDArray], n_levels: int) -> bool:
    """Whether two sets of images (N, H, W) [grey level] with their level indices (N,) look alike.

    Their mean profiles and their noise must differ by no more than those of random halves of one set. Few images differ
    by chance, so that few images are more easily taken for alike.
    """
    halves = []
    for images, level_index in (first, second):
        order = np.random.default_rng(0).permutation(len(images))
        halves.append(
            [DomainStatistics(images[half], level_index[half], n_levels) for half in np.array_split(order, 2)]
        )
    chance = max(_difference(*pair) for pair in halves)
    difference = np.mean([_difference(a, b) for a in halves[0] for b in halves[1]])
    return bool(difference <= MAX_CHANCE * max(chance, MIN_DIFFERENCE))


def _difference(first: DomainStatistics, second: DomainStatistics) -> float:
    """Root mean square difference of the profiles, plus that of the noise's standard deviations [grey level]."""
    squared = (first.profile - second.profile) ** 2
    profile = float(np.sqrt(np.nanmean(squared))) if np.isfinite(squared).any() else 0.0
    return profile + float(np.abs(np.sqrt(first.variance) - np.sqrt(second.variance)).mean())


def measure_noise_variance(images: Tensor) -> NDArray[np.float32]:
    """Variance of the noise, (NOISE_BINS,) [grey level^2], of images (N, 1, H, W), by the mean grey around a pixel.

    A Laplacian difference removes straight edges and leaves the noise (Immerkaer, Computer Vision and Image
    Understanding 64, 1996). The variance of rounding is subtracted. Bins with few pixels get the value of a line
    fitted to the others.
    """
    squared_noise = F.conv2d(images, HIGH_PASS[None, None]).square().flatten().numpy()
    mean_grey = F.avg_pool2d(images, 3, stride=1).flatten().numpy()
    bins = (mean_grey / 256 * NOISE_BINS).astype(np.int64).clip(0, NOISE_BINS - 1)
    # The median ignores the few pixels at corners, which the difference does not remove.
    subsets = [squared_noise[bins == n] for n in range(NOISE_BINS)]
    medians = np.array([np.median(subset) if subset.size > MIN_NOISE_PIXELS else np.nan for subset in subsets])
    valid = np.isfinite(medians)
    if valid.sum() < 2:
        return np.full(NOISE_BINS, squared_noise.mean(), dtype=np.float32)
    grey, variance = np.arange(NOISE_BINS), medians[valid] / MEDIAN_OF_SQUARE
    slope, offset = np.polyfit(grey[valid], variance, 1)
    filled = np.maximum(offset + slope * grey, variance.min())
    filled[valid] = variance
    return np.maximum(filled - ROUNDING_VARIANCE, 0.05).astype(np.float32)


def split_between_bins(position: NDArray) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """The two bins on either side of each position, with their weights for linear interpolation."""
    low = position.ravel().astype(np.int64)
    fraction = (position.ravel() - low).astype(np.float64)
    return [(low, 1 - fraction), (low + 1, fraction)]


def _mean_profile(grey: NDArray, profile_bin: NDArray) -> NDArray[np.float64]:
    weights, greys = np.zeros(PROFILE_BINS), np.zeros(PROFILE_BINS)
    for index, weight in split_between_bins(profile_bin):
        weights += np.bincount(index, weight, PROFILE_BINS)
        greys += np.bincount(index, weight * grey.ravel(), PROFILE_BINS)
    return np.where(weights > MIN_PIXELS, greys / np.maximum(weights, 1), np.nan)
