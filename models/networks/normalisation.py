"""Normalisation layers, by the names of the CycleGAN command line."""

from collections.abc import Callable

from torch import nn

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "instance": nn.InstanceNorm2d,
    "batch": nn.BatchNorm2d,
    "none": lambda channels: nn.Identity(),
}


def has_bias(norm: str) -> bool:
    """Whether a convolution before this norm has a bias: only before instance norm, as in the public toolkit."""
    return norm == "instance"
