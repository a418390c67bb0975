"""Images whose shape is known: what the real domain's renderer is learned from."""

from typing import ClassVar

import torch
from torch import Tensor

from .buffers import BufferModule

MOST = 1024  # images
MIN_MATCHES = 48  # matched images that tell more about a domain than its statistics do


class RendererPairs(BufferModule):
    """Images `sem` uint8 (N, H, W) [grey level] with their unit shape `u` float16 (N, H, W), the number `level` (N,) of
    their level and `offset` (N, 2), (y, x) [px], of the hole in the image against the depth map.

    `is_real`: whether they are real images; else they are renderings.
    """

    RESIZED = ("sem", "u", "level", "offset")
    FORMER_NAMES: ClassVar[dict[str, str]] = {"matched": "is_real"}

    sem: Tensor
    u: Tensor
    level: Tensor
    offset: Tensor
    is_real: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("sem", torch.zeros(0, 1, 1, dtype=torch.uint8))
        self.register_buffer("u", torch.zeros(0, 1, 1, dtype=torch.float16))
        self.register_buffer("level", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("offset", torch.zeros(0, 2))
        self.register_buffer("is_real", torch.zeros((), dtype=torch.bool))

    def __len__(self) -> int:
        return len(self.level)

    def store(self, sem: Tensor, u: Tensor, level: Tensor, offset: Tensor, is_real: bool) -> None:
        """Takes at most MOST images (N, 1, H, W), evenly over all, with the rest, in place of those held before."""
        chosen = slice(None, None, max(1, -(-len(level) // MOST)))
        self.sem, self.u = sem[chosen, 0].round().to(torch.uint8), u[chosen, 0].to(torch.float16)
        self.level, self.offset = level[chosen].clone(), offset[chosen].clone()
        self.is_real.fill_(is_real)

    def take(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Images, shapes (N, 1, H, W), levels and offsets of the places `chosen` (N,)."""
        sem, u = self.sem[chosen][:, None].float(), self.u[chosen][:, None].float()
        return sem, u, self.level[chosen], self.offset[chosen]
