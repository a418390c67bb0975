"""PatchGAN discriminators (Isola et al. 2017, section 3.2.2), with the public toolkit's layer indices."""

from torch import Tensor, nn

from .head import run_fp32
from .normalisation import NORMS, has_bias


class PatchDiscriminator(nn.Module):
    """Image (N, input_nc, H, W), [-1..1], to one output per patch (N, 1, h, w), unbounded.

    With three layers a patch is 70 pixels wide: an image of 72x48 has 7x4 outputs, and each sees almost the whole
    image. With two layers (patch of 34 pixels, 16x10 outputs) texture and contour are classified more locally.
    """

    def __init__(self, input_nc: int, ndf: int, norm: str, n_layers: int) -> None:
        super().__init__()
        bias = has_bias(norm)
        widths = [ndf * min(2**n, 8) for n in range(n_layers + 1)]
        layers: list[nn.Module] = [nn.Conv2d(input_nc, ndf, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        for n in range(1, n_layers + 1):
            layers += [
                nn.Conv2d(widths[n - 1], widths[n], 4, stride=2 if n < n_layers else 1, padding=1, bias=bias),
                NORMS[norm](widths[n]),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        layers.append(nn.Conv2d(widths[-1], 1, 4, padding=1))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return run_fp32(self.model[-1], self.model[:-1](x))


class PixelDiscriminator(nn.Module):
    """Image (N, input_nc, H, W), [-1..1], to one output per pixel (N, 1, H, W), unbounded: patches of 1x1."""

    def __init__(self, input_nc: int, ndf: int, norm: str) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(input_nc, ndf, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, 2 * ndf, 1, bias=has_bias(norm)),
            NORMS[norm](2 * ndf),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * ndf, 1, 1, bias=has_bias(norm)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return run_fp32(self.net[-1], self.net[:-1](x))
