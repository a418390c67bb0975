"""Bare networks, one file an architecture, none of which knows what it is trained for."""

from .autoencoders import ConvolutionalAutoencoder, DenseAutoencoder
from .folding import fold_batch_norm
from .half_unet import HalfUNet
from .initialisation import INITS, initialise
from .intensity_scaling import to_grey, to_network
from .level_net import LevelNet
from .normalisation import NORMS
from .patch_discriminator import PatchDiscriminator, PixelDiscriminator
from .resnet18 import grey_resnet18
from .resnet_generator import ResnetGenerator
from .unet import UNet
from .weights import load_weights, without_statistics
from .winograd import WinogradConv2d, filters_shared

__all__ = [
    "INITS",
    "NORMS",
    "ConvolutionalAutoencoder",
    "DenseAutoencoder",
    "HalfUNet",
    "LevelNet",
    "PatchDiscriminator",
    "PixelDiscriminator",
    "ResnetGenerator",
    "UNet",
    "WinogradConv2d",
    "filters_shared",
    "fold_batch_norm",
    "grey_resnet18",
    "initialise",
    "load_weights",
    "to_grey",
    "to_network",
    "without_statistics",
]
