"""How far a prediction can be trusted: 90 % intervals, and whether an image is outside what the pipeline knows."""

from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule

Scored = tuple[Tensor, Tensor, Tensor]  # unit shapes found, true ones, and the spread of those found (N, 1, H, W)

COVERAGE = 0.9  # of the truth that an interval is to hold
FLOOR_FROM = 0.9  # u of the floor
LOGARITHMS = -8.0, 2.0  # least and greatest of a spread of u
COMMON = 0.99  # share of the images of known kinds that are not called strange
WORST = 3.0  # how much worse than renderings real images may be, in spreads
COMMON_REAL = 0.95  # and of real training images


class ValidationRenderings(NamedTuple):
    """Unit shapes u (N, 1, H, W), the numbers of their levels (N,), images of them, and what was found in those."""

    u: Tensor
    level: Tensor
    sem: Tensor
    found: Tensor
    sigma: Tensor


class UncertaintyCalibration(BufferModule):
    """Factors by which the network's own spread becomes an interval, and limits of what is common.

    Split conformal prediction (Lei et al., JASA 113, 2018): the 90 % quantile of errors over spreads where the truth is
    known, which is on renderings of held-out shapes, times how much worse it is on matched real images than on
    renderings of the same kind.
    """

    FORMER_NAMES: ClassVar[dict[str, str]] = {
        "pixel": "pixel_factor",
        "floor": "floor_factor",
        "limits": "ood_thresholds",
    }

    pixel_factor: Tensor
    floor_factor: Tensor
    ood_thresholds: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pixel_factor", torch.ones(()))
        self.register_buffer("floor_factor", torch.ones(()))
        self.register_buffer("ood_thresholds", torch.full((2,), torch.inf))  # of the residual and of the spread

    def calibrate_intervals(self, new: Scored, known: Scored, matched: Scored | None = None) -> None:
        """From what was found in renderings of new and of known shapes, and in real images of known shapes."""
        worse = 1.0
        if matched is not None:
            theirs, mine = (quantile(pixel_nonconformity(*some), COVERAGE) for some in (matched, known))
            worse = float((theirs / mine).clamp(1, WORST))
        self.pixel_factor.copy_(worse * quantile(pixel_nonconformity(*new), COVERAGE))
        self.floor_factor.copy_(worse * quantile(floor_nonconformity(*new), COVERAGE))

    def calibrate_ood(self, rendered: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]) -> None:
        """From residuals and spreads (N,) of renderings, and of real training images, which may well hold some that
        are strange."""
        pairs = zip(rendered, real, strict=True)
        self.ood_thresholds.copy_(
            torch.stack([torch.maximum(quantile(one, COMMON), quantile(other, COMMON_REAL)) for one, other in pairs])
        )

    def ood_score(self, reduced_chi2: Tensor, sigma: Tensor) -> Tensor:
        """How strange images (N,) are; above 1 they are outside what the pipeline knows."""
        return torch.maximum(reduced_chi2 / self.ood_thresholds[0], sigma / self.ood_thresholds[1])


def pixel_nonconformity(found: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """Errors over spreads (n,) of the pixels in the holes of shapes (N, 1, H, W)."""
    hole = (u > 0) | (found > 0.01)
    return ((found - u).abs() / sigma)[hole]


def floor_of(u: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of u over the floor (N,), and of its spread there; where there is none over the whole image."""
    floor = (u > FLOOR_FROM).float()
    floor = torch.where(floor.sum((1, 2, 3), keepdim=True) > 0, floor, torch.ones_like(floor))
    area = floor.sum((1, 2, 3))
    return (floor * u).sum((1, 2, 3)) / area, (floor * sigma).sum((1, 2, 3)) / area


def floor_nonconformity(found: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """Error of the mean over the found floor, over the spread there (N,)."""
    floor = (found > FLOOR_FROM).float()
    area = floor.sum((1, 2, 3)).clamp_min(1)
    return (floor * (found - u)).sum((1, 2, 3)).abs() / (floor * sigma).sum((1, 2, 3)).clamp_min(1e-9) * (area > 1)


def reduced_chi2(images: Tensor, fitted: Tensor, variance: Tensor) -> Tensor:
    """How much less alike images and what was fitted to them (N, 1, H, W) are than noise of `variance` alone makes
    them (N,), 1 is as alike: of 3x3 means, in which a wrong shape shows."""
    noise = F.avg_pool2d(variance, 3, stride=1) / 9
    return (F.avg_pool2d(images - fitted, 3, stride=1).square() / noise).mean((1, 2, 3))


def quantile(scores: Tensor, share: float) -> Tensor:
    """The quantile of many scores (n,)."""
    ordered = scores.flatten().sort().values
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def sigma_from_log(logarithm: Tensor) -> Tensor:
    """Spread of u out of a network's answer, within limits."""
    return logarithm.clamp(*LOGARITHMS).exp()


def gaussian_nll(error: Tensor, logarithm: Tensor) -> Tensor:
    """Negative logarithm of a normal distribution's density whose deviation is `spread_of`; () without constant."""
    return (0.5 * (error / sigma_from_log(logarithm)).square() + logarithm.clamp(*LOGARITHMS)).mean()
