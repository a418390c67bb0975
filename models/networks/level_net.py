"""Small network that tells one of a few classes from the absolute grey of an image."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .head import in_full
from .unet import DoubleConvolution

DARK = 2.0  # [grey level] below which differences no longer count
MIDDLE = 150.0  # [grey level] whose logarithm is the zero


class LevelNet(nn.Module):
    """Image (N, 1, H, W), [grey level 0..255], to logits (N, classes); the image is halved four times.

    It sees the logarithm, in which a gain is a constant and dark floors differ as much as bright surfaces, and it has
    no normalisation, which would take away just what tells the levels apart.
    """

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        widths = [4, width, 2 * width, 4 * width]
        self.blocks = nn.ModuleList(DoubleConvolution(into, out, "none") for into, out in pairwise(widths))
        self.head = nn.Linear(8 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = ((x + DARK) / MIDDLE).log()
        x = F.pad(x, (0, -width % 16, 0, -height % 16), mode="replicate")
        x = F.pixel_unshuffle(x, 2)
        for block in self.blocks:
            x = F.max_pool2d(block(x), 2)
        return in_full(self.head, torch.cat((x.mean((2, 3)), x.amax((2, 3))), 1))
