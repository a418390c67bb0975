"""Images of known shape, on which the renderer is trained to draw the real domain."""

from typing import ClassVar

import torch
from torch import Tensor

from .buffers import BufferModule

MAX_IMAGES = 1024


class RendererPairs(BufferModule):
    """Images `sem` uint8 (N, H, W) [grey level] with normalised depths `u` float16 (N, H, W), `level_index` (N,) of
    their background level, and `offset` (N, 2), (y, x) [px], of the hole in the image against the depth map.

    `is_real`: whether they are real images; else they are renderings.
    """

    RESIZED = ("sem", "u", "level_index", "offset")
    FORMER_NAMES: ClassVar[dict[str, str]] = {"level": "level_index", "matched": "is_real"}

    sem: Tensor
    u: Tensor
    level_index: Tensor
    offset: Tensor
    is_real: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("sem", torch.zeros(0, 1, 1, dtype=torch.uint8))
        self.register_buffer("u", torch.zeros(0, 1, 1, dtype=torch.float16))
        self.register_buffer("level_index", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("offset", torch.zeros(0, 2))
        self.register_buffer("is_real", torch.zeros((), dtype=torch.bool))

    def __len__(self) -> int:
        return len(self.level_index)

    def store(self, sem: Tensor, u: Tensor, level_index: Tensor, offset: Tensor, is_real: bool) -> None:
        """Replaces the pairs by these: `sem` and u (N, 1, H, W). Of more than MAX_IMAGES, an even subset is kept."""
        subset = slice(None, None, max(1, -(-len(level_index) // MAX_IMAGES)))
        self.sem, self.u = sem[subset, 0].round().to(torch.uint8), u[subset, 0].to(torch.float16)
        self.level_index, self.offset = level_index[subset].clone(), offset[subset].clone()
        self.is_real.fill_(is_real)

    def select(self, indices: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Images and u, float32 (N, 1, H, W), level indices (N,) and offsets (N, 2) of the pairs `indices` (N,)."""
        sem, u = self.sem[indices][:, None].float(), self.u[indices][:, None].float()
        return sem, u, self.level_index[indices], self.offset[indices]
