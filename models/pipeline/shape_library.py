"""The simulated shapes, and the probability that a predicted shape is one of them."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..grey_levels import normalised_depth
from .buffers import BufferModule

N_FEATURES = 4  # of a match


class ShapeLibrary(BufferModule):
    """Nearest-neighbour search among normalised depths u (N, 1, H, W), 0 on the background, 1 on the plateau.

    A logistic regression gives the probability that a predicted shape is the one found, from features of the match
    (`ShapeLookup.find`). It is calibrated on held-out shapes (the library lacks them) and on others (it has them).
    """

    RESIZED = ("maps", "level", "held_out")
    ADDED = ("match_weights",)

    maps: Tensor
    level: Tensor
    held_out: Tensor
    match_weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("maps", torch.zeros(0, 1, 1, dtype=torch.uint8))
        self.register_buffer("level", torch.zeros(0, dtype=torch.int64))  # [grey level]
        self.register_buffer("held_out", torch.zeros(0, dtype=torch.bool))
        self.register_buffer("match_weights", torch.zeros(N_FEATURES))  # of the regression; zeros before calibration
        self.needs_calibration = False  # after older weights were loaded, which were calibrated with other features

    def store(self, maps: NDArray, level: NDArray, held_out: NDArray) -> None:
        """Stores depth maps uint8 (N, H, W) and their levels (N,), both [grey level]; `held_out` bool (N,)."""
        device = self.level.device
        self.maps = torch.from_numpy(np.ascontiguousarray(maps)).to(device)
        self.level, self.held_out = torch.from_numpy(level).to(device), torch.from_numpy(held_out).to(device)

    def get_indices(self, held_out: bool) -> Tensor:
        """Indices (N,) of the shapes that are held out, or of the others."""
        return torch.nonzero(self.held_out == held_out)[:, 0]

    @property
    def centre(self) -> tuple[float, float]:
        """Centroid (y, x) [px] of the holes in the depth maps."""
        mean = self.get_shapes(torch.arange(len(self.level), device=self.level.device)[:256]).mean((0, 1))
        rows, columns = (torch.arange(length, dtype=mean.dtype, device=mean.device) for length in mean.shape)
        return float((mean.sum(1) * rows).sum() / mean.sum()), float((mean.sum(0) * columns).sum() / mean.sum())

    def get_shapes(self, indices: Tensor) -> Tensor:
        """Normalised depths u, float32 (N, 1, H, W), of the shapes `indices` (N,)."""
        return normalised_depth(self.maps[indices][:, None].float(), per_image(self.level[indices]))

    def find_nearest(self, u: Tensor, count: int, exclude_held_out: bool = False) -> tuple[Tensor, Tensor]:
        """Indices (N, count) of the shapes nearest to each u (N, 1, H, W), nearest first, and their distances, the root
        mean square differences (N, count) [u]. Fewer if the library has fewer."""
        if exclude_held_out:
            candidates = self.get_indices(held_out=False)
        else:
            candidates = torch.arange(len(self.maps), device=self.level.device)
        flat = u.flatten(1).double()
        parts = [_distance(flat, self.get_shapes(part).flatten(1)) for part in candidates.split(1024)]
        distance = torch.cat(parts, 1)
        nearest = distance.topk(min(count, distance.shape[1]), largest=False)
        return candidates[nearest.indices], nearest.values.float().clamp_min(1e-5)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        former = [state_dict.pop(prefix + name, None) for name in ("weights", "ratio_threshold", "farthest")]
        self.needs_calibration = former[0] is not None and bool(former[0].any())
        super()._load_from_state_dict(state_dict, prefix, *args)

    def match_probability(self, features: Tensor) -> Tensor:
        """Probability (N,) that the shape found is the right one, from `features` (N, 4); 0 before calibration."""
        return (features @ self.match_weights).sigmoid() * (self.match_weights != 0).any()

    def calibrate(self, unknown: Tensor, in_library: Tensor) -> None:
        """Fits the logistic regression by Newton's method, with a weak prior on its weights.

        Features (N, 4) of shapes that the library lacks (`unknown`) and that it has (`in_library`).
        """
        features = torch.cat((unknown, in_library)).double()
        weights = torch.zeros(N_FEATURES, dtype=torch.float64)
        target = (torch.arange(len(features)) >= len(unknown)).double()
        for _ in range(30):
            probability = (features @ weights).sigmoid()
            slope = features.T @ (target - probability) - 0.01 * weights
            curvature = (features * (probability * (1 - probability))[:, None]).T @ features
            curvature = curvature + 0.01 * torch.eye(N_FEATURES, dtype=torch.float64)
            weights = weights + torch.linalg.solve(curvature, slope).clamp(-3, 3)
        self.match_weights.copy_(weights)


def _distance(flat: Tensor, shapes: Tensor) -> Tensor:
    """Root mean square difference (N, M) of each row (N, pixels) from each shape (M, pixels)."""
    other = shapes.double()  # torch.cdist has a branch on the number of images, which a file cannot have
    squared = flat.square().sum(1)[:, None] + other.square().sum(1) - 2 * flat @ other.T
    return (squared.clamp_min(0) / flat.shape[1]).sqrt()


def per_image(level: Tensor) -> Tensor:
    """Levels (N,) as float32 (N, 1, 1, 1), for arithmetic with images (N, 1, H, W)."""
    return level.float()[:, None, None, None]
