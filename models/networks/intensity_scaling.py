"""Scaling between grey levels and the range of the networks.

Outside `models` all images are in grey levels; only this file defines the network range.
"""

from torch import Tensor

HALF_RANGE = 127.5


def to_network(grey: Tensor, channels: int = 1) -> Tensor:
    """float32 (N, C, H, W), [-1..1], of grey levels (N, 1, H, W), [0..255], repeated over `channels`.

    The published CycleGAN scales its images in the same way: (x / 255 - 0.5) / 0.5.
    """
    return (grey / HALF_RANGE - 1.0).expand(-1, channels, -1, -1)


def to_grey(network: Tensor) -> Tensor:
    """float32 (N, 1, H, W), [grey level 0..255], of network images (N, C, H, W), [-1..1]: the mean of the channels."""
    return (network.mean(dim=1, keepdim=True) + 1.0) * HALF_RANGE
