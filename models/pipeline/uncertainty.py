"""How far a prediction can be trusted: 90 % intervals (split conformal prediction) and an OOD score."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule

ShapePrediction = tuple[Tensor, Tensor, Tensor]  # predicted u, true u, and sigma of the predicted, all (N, 1, H, W)
# Of images (N,): reduced chi-square, mean sigma on the floor, reduced chi-square without the pixels that fit worst.
OodFeatures = tuple[Tensor, Tensor, Tensor]

COVERAGE = 0.9  # fraction of true values that an interval must contain
ROUNDING_U90 = 0.6  # [grey level] 90 % quantile of the sum of two roundings, the map's and the ground truth's
MIN_FLOOR_U = 0.9  # u of the floor
LOG_SIGMA_RANGE = -8.0, 2.0  # bounds of the logarithm of sigma [u]
KNOWN_QUANTILE = 0.99  # fraction of renderings, and of real training images, within each OOD threshold
TRIMMED_FRACTION = 0.05  # of the pixels, those that fit worst
MAX_REAL_FACTOR = 3.0  # largest ratio of errors on real images to those on renderings, and of a threshold to COVERAGE


class ValidationRenderings(NamedTuple):
    """True u (N, 1, H, W), level indices (N,), images (N, 1, H, W) [grey level], predicted u and its sigma."""

    u: Tensor
    level_index: Tensor
    sem: Tensor
    predicted: Tensor
    sigma: Tensor


class UncertaintyCalibration(BufferModule):
    """Factors that turn the network's sigma into an interval, and thresholds of the OOD score.

    Split conformal prediction (Lei et al., JASA 113, 2018): the factor is the 90 % quantile of error / sigma where the
    ground truth is known, on renderings of held-out shapes. It is multiplied by the ratio of that quantile on matched
    real images to the one on renderings of the same kind.
    """

    FORMER_NAMES: ClassVar[dict[str, str]] = {
        "pixel": "pixel_factor",
        "floor": "floor_factor",
        "limits": "ood_thresholds",
    }

    RESIZED = ("ood_thresholds",)  # older files have two

    pixel_factor: Tensor
    floor_factor: Tensor
    ood_thresholds: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pixel_factor", torch.ones(()))
        self.register_buffer("floor_factor", torch.ones(()))
        self.register_buffer("ood_thresholds", torch.full((3,), torch.inf))  # of the OodFeatures

    def calibrate_intervals(
        self, unknown: ShapePrediction, in_library: ShapePrediction, matched: ShapePrediction | None = None
    ) -> None:
        """Sets the factors from renderings of unknown and of library shapes, and from matched real images."""
        real_factor = 1.0
        if matched is not None:
            real, rendered = (quantile(pixel_nonconformity(*shapes), COVERAGE) for shapes in (matched, in_library))
            real_factor = float((real / rendered).clamp(1, MAX_REAL_FACTOR))
        self.pixel_factor.copy_(real_factor * quantile(pixel_nonconformity(*unknown), COVERAGE))
        self.floor_factor.copy_(real_factor * quantile(floor_nonconformity(*unknown), COVERAGE))

    def calibrate_ood(self, rendered: Sequence[Tensor], real: Sequence[Tensor]) -> None:
        """Sets the thresholds from the OodFeatures of renderings of held-out shapes, and of real training images.

        As in split conformal prediction each threshold holds KNOWN_QUANTILE of either kind, so that all three together
        hold at least 1 - 3 (1 - KNOWN_QUANTILE). Some real images may be out of distribution themselves: they raise no
        threshold above MAX_REAL_FACTOR times the COVERAGE quantile of all real images.
        """
        minimum, typical = (
            torch.stack([quantile(f, KNOWN_QUANTILE) for f in features]) for features in (rendered, real)
        )
        maximum = MAX_REAL_FACTOR * torch.stack([quantile(f, COVERAGE) for f in real])
        self.ood_thresholds = torch.maximum(minimum, torch.minimum(typical, maximum))

    def compute_u90(
        self, u: Tensor, sigma: Tensor, match_probability: Tensor, plateau_depth: Tensor, level_u90: Tensor
    ) -> tuple[Tensor, Tensor]:
        """U90 (N, 1, H, W) of the depth, and (N, 2) the floor's mean depth and its U90, all [grey level].

        u and sigma (N, 1, H, W); match probability [0..1] and depth of the plateau [grey level], both (N, 1, 1, 1);
        U90 (N,) of the level. A match of probability COVERAGE fills the 90 % interval: only rounding is left.
        """
        is_match = match_probability >= COVERAGE
        pixel_u90 = torch.where(is_match, 0.0, self.pixel_factor * sigma * plateau_depth) + ROUNDING_U90
        floor_u90 = torch.where(is_match, 0.0, self.floor_factor * sigma * plateau_depth)
        floor_u, floor_u90 = average_floor(u, floor_u90)
        depth_u90 = pixel_u90 + level_u90[:, None, None, None] * (1 - u).clamp(0, 1)
        floor_depth = torch.stack(
            (floor_u * plateau_depth.flatten(), floor_u90 + ROUNDING_U90 + level_u90 * floor_u), 1
        )
        return depth_u90, floor_depth

    def ood_score(self, features: OodFeatures) -> Tensor:
        """OOD score (N,): the largest ratio of a feature to its threshold; above 1 is out of distribution."""
        n = len(self.ood_thresholds)
        return (torch.stack(features[:n]) / self.ood_thresholds[:, None]).amax(0)


def compute_level_u90(level_probs: Tensor, levels: Tensor) -> Tensor:
    """Expanded uncertainty U90 (N,) [grey level] of the level, from probabilities (N, K) of `levels` (K,) [grey level].

    0 if one level has probability COVERAGE; else 1.64 standard deviations, as of a normal distribution.
    """
    variance = (level_probs @ levels.square()) - (level_probs @ levels).square()
    return torch.where(level_probs.amax(1) >= COVERAGE, 0.0, 1.64 * variance.clamp_min(0).sqrt())


def pixel_nonconformity(predicted: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """|error| / sigma (n,) of all pixels in the holes of shapes (N, 1, H, W)."""
    hole = (u > 0) | (predicted > 0.01)
    return ((predicted - u).abs() / sigma)[hole]


def average_floor(u: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Means (N,) of u and of sigma, both (N, 1, H, W), over the floor; over the whole image if it has no floor."""
    floor = (u > MIN_FLOOR_U).float()
    floor = torch.where(floor.sum((1, 2, 3), keepdim=True) > 0, floor, torch.ones_like(floor))
    area = floor.sum((1, 2, 3))
    return (floor * u).sum((1, 2, 3)) / area, (floor * sigma).sum((1, 2, 3)) / area


def floor_nonconformity(predicted: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """|mean error| / mean sigma (N,) over the predicted floor of shapes (N, 1, H, W)."""
    floor = (predicted > MIN_FLOOR_U).float()
    area = floor.sum((1, 2, 3)).clamp_min(1)
    return (floor * (predicted - u)).sum((1, 2, 3)).abs() / (floor * sigma).sum((1, 2, 3)).clamp_min(1e-9) * (area > 1)


def reduced_chi2(images: Tensor, fitted: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Reduced chi-square (N,) of image minus rendering (N, 1, H, W) on 3x3 means; 1 is noise of `variance` only.

    Twice: of all pixels, and without the TRIMMED_FRACTION that fits worst. A wrong shape shows in means more than in
    single pixels. The first finds a particle; a pit that is predicted too shallow raises it as well. The second ignores
    the pit, and finds another instrument, which changes all pixels a little.
    """
    mean_variance = F.avg_pool2d(variance, 3, stride=1) / 9
    ordered = (F.avg_pool2d(images - fitted, 3, stride=1).square() / mean_variance).flatten(1).sort(1).values
    return ordered.mean(1), ordered[:, : round((1 - TRIMMED_FRACTION) * ordered.shape[1])].mean(1)


def quantile(scores: Tensor, fraction: float) -> Tensor:
    """Quantile () of scores of any shape, without interpolation; `fraction` [0..1]."""
    ordered = scores.flatten().sort().values
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def sigma_from_log(log_sigma: Tensor) -> Tensor:
    """Sigma of u from the network's output, within LOG_SIGMA_RANGE."""
    return log_sigma.clamp(*LOG_SIGMA_RANGE).exp()


def gaussian_nll(error: Tensor, log_sigma: Tensor) -> Tensor:
    """Mean negative log-likelihood () of errors under a normal distribution, without its constant."""
    return (0.5 * (error / sigma_from_log(log_sigma)).square() + log_sigma.clamp(*LOG_SIGMA_RANGE)).mean()
