"""Stacked autoencoders: layers narrow the image to a short code and widen it to an image again."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from .head import run_fp32

WIDTHS = (1024, 512, 256, 128)  # at 72x48 8.5 million weights, as the contest's baseline


class DenseAutoencoder(nn.Module):
    """Linear layers: image (N, 1, H, W), [-1..1], of exactly `size` (H, W) [px], to (N, 1, H, W), unbounded."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        widths = [size[0] * size[1], *WIDTHS]
        layers: list[nn.Module] = [nn.Flatten()]
        for into, out in [*pairwise(widths), *pairwise(widths[:0:-1])]:
            layers += [nn.Linear(into, out), nn.BatchNorm1d(out), nn.ReLU(inplace=True)]
        layers += [nn.Linear(widths[1], widths[0]), nn.Unflatten(1, (1, *size))]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return run_fp32(self.model[-2:], self.model[:-2](x))


class ConvolutionalAutoencoder(nn.Module):
    """Image (N, 1, H, W), [-1..1], to (N, 1, H, W), unbounded: halved and doubled three times, no skip connections.

    Sizes that are no multiple of eight are padded with the values of their border, and the output is cropped.
    """

    STRIDE = 8

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for into, out in pairwise([1, *widths]):
            layers += [nn.Conv2d(into, out, 4, 2, 1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
            layers += [nn.Conv2d(out, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
        for into, out in pairwise([*reversed(widths), width]):
            layers += [nn.ConvTranspose2d(into, out, 4, 2, 1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
            layers += [nn.Conv2d(out, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
        self.model = nn.Sequential(*layers, nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        missing = (-width % self.STRIDE, -height % self.STRIDE)
        if any(missing):
            x = F.pad(x, (0, missing[0], 0, missing[1]), mode="replicate")
        return run_fp32(self.model[-1], self.model[:-1](x))[..., :height, :width]
