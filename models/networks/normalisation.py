"""Normalisation layers by the names that the CycleGAN command line knows."""

from collections.abc import Callable

from torch import nn

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "instance": nn.InstanceNorm2d,
    "batch": nn.BatchNorm2d,
    "none": lambda channels: nn.Identity(),
}


def has_bias(norm: str) -> bool:
    """Whether a convolution before it has a bias: only with instance norm, as in the public toolkit's weights."""
    return norm == "instance"
