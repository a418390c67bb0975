"""The simulated shapes, and whether a predicted one is among them."""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..grey_levels import normalised_depth
from .buffers import BufferModule

BY_CHANCE = 0.99  # share of unknown shapes whose quotient of the second and the first distance is less


class ShapeLibrary(BufferModule):
    """Unit shapes by nearest neighbour: u (N, 1, H, W), 0 on the background, 1 on the plateau.

    A prediction is close to its own shape, if the library holds it, and a little farther from all others. How close
    (the distance) and how much farther (the quotient of the second distance and the first) tell the two apart: a
    logistic regression on both, in logarithms, calibrated on shapes that were held out and others that were not.
    """

    RESIZED = ("maps", "level", "held_out")
    FORMER_NAMES: ClassVar[dict[str, str]] = {"farthest": "ratio_threshold"}

    maps: Tensor
    level: Tensor
    held_out: Tensor
    weights: Tensor
    ratio_threshold: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("maps", torch.zeros(0, 1, 1, dtype=torch.uint8))
        self.register_buffer("level", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("held_out", torch.zeros(0, dtype=torch.bool))
        # Of the regression: constant, distance, quotient; last, whether it was calibrated.
        self.register_buffer("weights", torch.zeros(4, dtype=torch.float64))
        self.register_buffer("ratio_threshold", torch.full((), torch.inf, dtype=torch.float64))

    def store(self, maps: NDArray, level: NDArray, held_out: NDArray) -> None:
        """Takes depth maps (N, H, W), their level (N,) and whether they are held out (N,)."""
        device = self.level.device
        self.maps = torch.from_numpy(np.ascontiguousarray(maps)).to(device)
        self.level, self.held_out = torch.from_numpy(level).to(device), torch.from_numpy(held_out).to(device)

    def places(self, held_out: bool) -> Tensor:
        """Places (N,) of the shapes that are held out, or of the others."""
        return torch.nonzero(self.held_out == held_out)[:, 0]

    @property
    def centre(self) -> tuple[float, float]:
        """Where the depth maps have the middle of their holes (y, x) [px]."""
        mean = self.shapes(torch.arange(len(self.level), device=self.level.device)[:256]).mean((0, 1))
        rows, columns = (torch.arange(length, dtype=mean.dtype, device=mean.device) for length in mean.shape)
        return float((mean.sum(1) * rows).sum() / mean.sum()), float((mean.sum(0) * columns).sum() / mean.sum())

    def shapes(self, chosen: Tensor) -> Tensor:
        """Unit shapes, float32 (N, 1, H, W), of the places `chosen` (N,)."""
        return normalised_depth(self.maps[chosen][:, None].float(), per_image(self.level[chosen]))

    def nearest(self, u: Tensor, exclude_held_out: bool = False) -> tuple[Tensor, Tensor]:
        """Place (N,) of the nearest shape, and features, float64 (N, 3); `blind` to what is held out."""
        known = (
            self.places(held_out=False) if exclude_held_out else torch.arange(len(self.maps), device=self.level.device)
        )
        flat = u.flatten(1).double()
        distance = torch.cat([_distance(flat, self.shapes(some).flatten(1)) for some in known.split(1024)], 1)
        found = distance.topk(min(2, distance.shape[1]), largest=False)
        first, second = found.values[:, 0].clamp_min(1e-5), found.values[:, -1].clamp_min(1e-5)
        features = torch.stack((torch.ones_like(first), first.log() + 4, (second / first).log()), 1)
        return known[found.indices[:, 0]], features

    def probability(self, features: Tensor) -> Tensor:
        """That the nearest shape is the very one (N,); 0 as long as that was not calibrated."""
        if not self.weights[3]:
            return torch.zeros(len(features), dtype=torch.float64, device=features.device)
        return (features @ self.weights[:3]).sigmoid()

    def passes_ratio_test(self, features: Tensor) -> Tensor:
        """Whether the nearest shape is nearer than others as it hardly ever is by chance, bool (N,).

        The quotient alone: unlike the distance it does not grow where images look a little otherwise than renderings.
        """
        return features[:, 2] > self.ratio_threshold

    def calibrate(self, outside: Tensor, inside: Tensor) -> None:
        """Fits the logistic regression on features (N, 3) by Newton's method, with a weak prior on its weights."""
        features = torch.cat((outside, inside))
        weights = torch.zeros(3, dtype=torch.float64)
        target = (torch.arange(len(features)) >= len(outside)).double()
        for _ in range(30):
            said = (features @ weights).sigmoid()
            slope = features.T @ (target - said) - 0.01 * weights
            curvature = (features * (said * (1 - said))[:, None]).T @ features + 0.01 * torch.eye(
                3, dtype=torch.float64
            )
            weights = weights + torch.linalg.solve(curvature, slope).clamp(-3, 3)
        self.ratio_threshold.copy_(torch.quantile(outside[:, 2], BY_CHANCE))
        self.weights = torch.cat((weights, torch.ones(1, dtype=torch.float64))).to(self.level.device)


def _distance(some: Tensor, others: Tensor) -> Tensor:
    return torch.cdist(some, others.double()) / some.shape[1] ** 0.5


def per_image(level: Tensor) -> Tensor:
    """Levels (N,) as float32 (N, 1, 1, 1), to be used with images (N, 1, H, W)."""
    return level.float()[:, None, None, None]
