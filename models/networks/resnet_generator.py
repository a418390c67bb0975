"""The ResNet generator of the published CycleGAN (Johnson et al. 2016; Zhu et al. 2017, section 7.2).

Layer indices, and so the keys of the state dict, equal the public toolkit's: weights can be exchanged both ways.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from .head import run_fp32
from .normalisation import NORMS, has_bias
from .winograd import WinogradConv2d

STRIDE = 4
N_HEAD_LAYERS = 3  # last layers, from the features to the image


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))), reflect-padded, float (N, C, H, W) in and out."""

    def __init__(self, channels: int, norm: str, dropout: bool) -> None:
        super().__init__()
        bias = has_bias(norm)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            WinogradConv2d(channels, channels, bias),
            NORMS[norm](channels),
            nn.ReLU(inplace=True),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1),
            WinogradConv2d(channels, channels, bias),
            NORMS[norm](channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Image (N, input_nc, H, W), [-1..1], to image (N, output_nc, H, W), [-1..1], of the same size.

    Sizes that are no multiple of the stride of four are reflect-padded at the right and bottom; the output is cropped.
    """

    def __init__(self, input_nc: int, output_nc: int, ngf: int, norm: str, dropout: bool, n_blocks: int) -> None:
        super().__init__()
        bias = has_bias(norm)
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(input_nc, ngf, 7, bias=bias),
            NORMS[norm](ngf),
            nn.ReLU(inplace=True),
        ]
        for width in (ngf, 2 * ngf):
            layers += [
                nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=bias),
                NORMS[norm](2 * width),
                nn.ReLU(inplace=True),
            ]
        layers += [ResidualBlock(4 * ngf, norm, dropout) for _ in range(n_blocks)]
        for width in (4 * ngf, 2 * ngf):
            layers += [
                nn.ConvTranspose2d(width, width // 2, 3, stride=2, padding=1, output_padding=1, bias=bias),
                NORMS[norm](width // 2),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, output_nc, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        missing = (-width % STRIDE, -height % STRIDE)
        if any(missing):
            x = F.pad(x, (0, missing[0], 0, missing[1]), mode="reflect")
        return run_fp32(self.model[-N_HEAD_LAYERS:], self.model[:-N_HEAD_LAYERS](x))[..., :height, :width]
