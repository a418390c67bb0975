"""Small network that classifies an image by its absolute grey levels."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .head import run_fp32
from .unet import DoubleConvolution

OFFSET = 2.0  # [grey level] added before the logarithm: differences far below it have no effect
ZERO_GREY = 150.0  # [grey level] whose logarithm is zero
N_QUANTILES = 25  # equally spaced from 2 to 98 %


class LevelNet(nn.Module):
    """Image (N, 1, H, W), [grey level 0..255], to logits (N, classes); the convolutions halve it four times.

    Its input is the logarithm: a gain becomes a constant, and dark floors differ as much as bright surfaces. It has no
    normalisation layers, because these would remove the absolute grey, by which the levels differ. The quantiles of the
    smoothed image contain most of the information; the convolutions add the shape.
    """

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        widths = [4, width, 2 * width, 4 * width]
        self.blocks = nn.ModuleList(DoubleConvolution(into, out, "none") for into, out in pairwise(widths))
        self.quantiles = RunningStandardiser(N_QUANTILES)
        self.hidden = nn.Linear(8 * width + N_QUANTILES, 64)
        self.head = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        ordered = _sort(_logarithm(F.avg_pool2d(x, 3, stride=1)).flatten(1))
        positions = torch.linspace(0.02, 0.98, N_QUANTILES, device=x.device) * (ordered.shape[1] - 1)
        quantiles = self.quantiles(ordered[:, positions.long()])
        x = F.pad(_logarithm(x), (0, -width % 16, 0, -height % 16), mode="replicate")
        x = F.pixel_unshuffle(x, 2)
        for block in self.blocks:
            x = F.max_pool2d(block(x), 2)
        features = torch.cat((x.mean((2, 3)), x.amax((2, 3)), quantiles.to(x.dtype)), 1)
        return run_fp32(self.head, F.relu(self.hidden(features)))


class RunningStandardiser(nn.Module):
    """Values (N, C) minus their mean, divided by their standard deviation, both over all batches of the training.

    Unlike a batch norm it computes the same in training and in evaluation, whichever levels a batch has. The memory is
    long, because a mean that is off by 1/40 of the standard deviation moves images to the next level.
    """

    mean: Tensor
    square: Tensor
    seen: Tensor

    def __init__(self, channels: int, memory: float = 0.9999) -> None:
        super().__init__()
        self.memory = memory
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("square", torch.ones(channels))
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, values: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                keep = self.memory * (1 - self.memory**self.seen) / (1 - self.memory ** (self.seen + 1))
                self.mean.lerp_(values.float().mean(0), 1 - keep)
                self.square.lerp_(values.float().square().mean(0), 1 - keep)
                self.seen += 1
        return (values - self.mean) / (self.square - self.mean**2).clamp_min(1e-6).sqrt()


def _sort(values: Tensor) -> Tensor:
    """Each row of values (N, P) in ascending order; on a CPU by NumPy, twenty times as fast as torch."""
    if values.device.type != "cpu" or values.requires_grad or torch.compiler.is_compiling():
        return values.sort(dim=1).values
    return torch.from_numpy(np.sort(values.numpy(), axis=1))


def _logarithm(image: Tensor) -> Tensor:
    return ((image + OFFSET) / ZERO_GREY).log()
