"""Bare networks, one file per architecture, with their layers, weights and intensity scaling.

Losses, optimisers and training steps are not here: they belong to the models one folder up.
"""

from .autoencoders import ConvolutionalAutoencoder, DenseAutoencoder
from .folding import fold_batch_norm
from .half_unet import HalfUNet
from .initialisation import INITS, initialise
from .input_check import check_grey_levels
from .intensity_scaling import to_grey, to_network
from .level_net import LevelNet
from .normalisation import NORMS
from .patch_discriminator import PatchDiscriminator, PixelDiscriminator
from .resnet18 import grey_resnet18
from .resnet_generator import ResnetGenerator
from .unet import UNet
from .weights import fit_keys, load_finite, load_weights
from .winograd import WinogradConv2d, share_filters

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
    "check_grey_levels",
    "fit_keys",
    "fold_batch_norm",
    "grey_resnet18",
    "initialise",
    "load_finite",
    "load_weights",
    "share_filters",
    "to_grey",
    "to_network",
]
