"""Bare networks, one file an architecture, none of which knows what it is trained for."""

from .initialisation import INITS, initialise
from .normalisation import NORMS
from .patch_discriminator import PatchDiscriminator, PixelDiscriminator
from .resnet_generator import ResnetGenerator

__all__ = ["INITS", "NORMS", "PatchDiscriminator", "PixelDiscriminator", "ResnetGenerator", "initialise"]
