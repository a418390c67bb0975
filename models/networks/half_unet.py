"""U-Net at half the image size: 2x2 pixels become channels before it, and pixels again after it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .head import run_fp32
from .unet import UNet


class HalfUNet(nn.Module):
    """Image (N, input_nc, H, W) to (N, output_nc, H, W), unbounded; about three times as fast as a `UNet`.

    Pixels become channels without loss (space-to-depth, Shi et al. 2016, arXiv:1609.05158). Two convolutions at full
    size follow, with the image as a second input: without them the output has a checkerboard pattern.
    """

    def __init__(self, input_nc: int, output_nc: int, width: int, num_downs: int, norm: str) -> None:
        super().__init__()
        self.network = UNet(4 * input_nc, 4 * 8, width, num_downs, norm)
        self.mix = nn.Conv2d(8 + input_nc, 12, 3, padding=1)
        self.head = nn.Conv2d(12, output_nc, 3, padding=1)
        self.to(memory_format=torch.channels_last)  # with batch norm 20 % faster

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        if height % 2 or width % 2:
            x = F.pad(x, (0, width % 2, 0, height % 2), mode="replicate")
        coarse = F.pixel_shuffle(self.network(F.pixel_unshuffle(x, 2)), 2)
        return run_fp32(self.head, F.relu(self.mix(torch.cat((coarse, x), 1))))[..., :height, :width]
