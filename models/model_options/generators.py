"""The generators that `--netG` names. An entry builds the network, and loads torch only then.

To add a generator, write it in models/networks and enter it here: docs/guides/add_a_generator.md.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # options name generators, and importing torch is slow
    from collections.abc import Callable

    from torch import nn

    from .cycle_gan import CycleGanOptions

    Generator = Callable[[CycleGanOptions, int, int], nn.Module]


def resnet(options: CycleGanOptions, input_nc: int, output_nc: int, n_blocks: int) -> nn.Module:
    """The published ResNet generator."""
    from ..networks import ResnetGenerator

    return ResnetGenerator(input_nc, output_nc, options.ngf, options.norm, options.dropout, n_blocks)


# A generator maps images (N, input_nc, H, W), [-1..1], to (N, output_nc, H, W), [-1..1], of the same size.
GENERATORS: dict[str, Generator] = {
    "resnet_9blocks": partial(resnet, n_blocks=9),
    "resnet_6blocks": partial(resnet, n_blocks=6),
}
