"""What the pipeline predicts where the true depth is known, kept so that measures of holes can be calibrated."""

from typing import NamedTuple

import torch
from torch import Tensor

from .buffers import BufferModule

U_STEPS = 200  # of u 1; 255 of them are the deepest pit
ROOT_STEPS = 18  # of the root of U90; 255 of them are 200 grey levels, and one is 10 % of the smallest U90


class Known(NamedTuple):
    """Predicted u (N, 1, H, W) and its U90 (N, 1, H, W) [grey level], probabilities (N, K) of the levels, true depth
    (N, 1, H, W) [grey level], and whether the images are real, bool (N,)."""

    u: Tensor
    depth_u90: Tensor
    level_probs: Tensor
    truth: Tensor
    is_real: Tensor


class HeldOutMaps(BufferModule):
    """Predictions for renderings of shapes that the library lacks, and for real images whose shape is known because
    they match one, all without their look-up. A byte a pixel and map, finer than the errors they stand for."""

    RESIZED = ADDED = ("u", "root_u90", "level_probs", "truth", "is_real")

    u: Tensor
    root_u90: Tensor
    level_probs: Tensor
    truth: Tensor
    is_real: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("u", "root_u90", "truth"):
            self.register_buffer(name, torch.zeros(0, 1, 1, dtype=torch.uint8))
        self.register_buffer("level_probs", torch.zeros(0, 1))
        self.register_buffer("is_real", torch.zeros(0, dtype=torch.bool))

    def store(self, known: Known) -> None:
        """Keeps these instead of those before."""
        self.u, self.truth = _to_bytes(known.u * U_STEPS), _to_bytes(known.truth)
        self.root_u90 = _to_bytes(known.depth_u90.sqrt() * ROOT_STEPS)
        self.level_probs, self.is_real = known.level_probs, known.is_real

    def restore(self) -> Known | None:
        """What was stored, rounded; None if nothing was, as in older weights."""
        if not len(self.is_real):
            return None
        u, root_u90, truth = (buffer[:, None].float() for buffer in (self.u, self.root_u90, self.truth))
        return Known(u / U_STEPS, (root_u90 / ROOT_STEPS).square(), self.level_probs, truth, self.is_real)


def _to_bytes(maps: Tensor) -> Tensor:
    return maps[:, 0].round().clamp(0, 255).to(torch.uint8)
