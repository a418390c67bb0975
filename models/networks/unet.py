"""U-Net (Ronneberger et al. 2015): an encoder and a decoder with skip connections."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .head import run_fp32
from .normalisation import NORMS


class DoubleConvolution(nn.Sequential):
    """Two 3x3 convolutions with normalisation and ReLU, (N, into, H, W) to (N, out, H, W)."""

    def __init__(self, into: int, out: int, norm: str) -> None:
        layers: list[nn.Module] = []
        for channels in (into, out):
            convolution = nn.Conv2d(channels, out, 3, padding=1, bias=norm == "none")
            layers += [convolution, NORMS[norm](out), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class UNet(nn.Module):
    """Image (N, input_nc, H, W), [-1..1], to (N, output_nc, H, W), unbounded, of the same size.

    The size is halved `num_downs` times, and the width doubled each time. Sizes that are no multiple of
    2**num_downs are padded with the values of their border, and the output is cropped.
    """

    def __init__(self, input_nc: int, output_nc: int, width: int, num_downs: int, norm: str) -> None:
        super().__init__()
        widths = [width * 2**n for n in range(num_downs + 1)]
        self.down = nn.ModuleList(
            DoubleConvolution(into, out, norm) for into, out in zip([input_nc, *widths], widths, strict=False)
        )
        self.up = nn.ModuleList(
            DoubleConvolution(widths[n] + widths[n + 1], widths[n], norm) for n in reversed(range(num_downs))
        )
        self.head = nn.Conv2d(width, output_nc, 1)
        self.stride = 2**num_downs

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        missing = (-width % self.stride, -height % self.stride)
        if any(missing):
            x = F.pad(x, (0, missing[0], 0, missing[1]), mode="replicate")
        skips = []
        for n, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if n else x)
            skips.append(x)
        x = skips.pop()
        for block in self.up:
            x = block(torch.cat((_upsample(x), skips.pop()), 1))
        return run_fp32(self.head, x)[..., :height, :width]


def _upsample(x: Tensor) -> Tensor:
    """Images (N, C, H, W) at twice their size, bilinear."""
    x = F.interpolate(x, scale_factor=2, mode="bilinear")
    if x.requires_grad and x.is_contiguous(memory_format=torch.channels_last):
        # `cat` passes back a slice, for which the gradient takes five times as long
        x.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
    return x
