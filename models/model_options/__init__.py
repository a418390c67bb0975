"""What each model can be told on the command line: a frozen dataclass a model, without torch, which loads slowly.

The models themselves are one folder up; the dict of all of them is models/registry.py.
"""

from .autoencoder import AutoencoderOptions
from .background_classifier import BackgroundClassifierOptions
from .choices import INITS, NORMS
from .cycle_gan import CycleGanOptions
from .depth_pipeline import DepthPipelineOptions
from .ensemble import EnsembleOptions
from .generators import GENERATORS
from .hole_segmenter import HoleSegmenterOptions
from .pixel_losses import PIXEL_LOSSES
from .scale_invariant_depth import ScaleInvariantDepthOptions
from .unet_regressor import UnetRegressorOptions

__all__ = [
    "GENERATORS",
    "INITS",
    "NORMS",
    "PIXEL_LOSSES",
    "AutoencoderOptions",
    "BackgroundClassifierOptions",
    "CycleGanOptions",
    "DepthPipelineOptions",
    "EnsembleOptions",
    "HoleSegmenterOptions",
    "ScaleInvariantDepthOptions",
    "UnetRegressorOptions",
]
