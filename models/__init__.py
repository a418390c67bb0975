"""Models that turn SEM images into depth maps, their registry, and `Predictor` with its post-processing.

Reading image files, the training loop and all writing of results live elsewhere: in data, train.py and util.
"""

from .base_model import BaseModel, ModelOutput
from .errors import ModelError
from .grey_levels import LEVELS
from .networks import load_weights
from .postprocessing import snap_background
from .predictor import Prediction, Predictor
from .registry import MODELS, build, check_members
from .training import PlotLayout, lr_factor, shape_distance

__all__ = [
    "LEVELS",
    "MODELS",
    "BaseModel",
    "ModelError",
    "ModelOutput",
    "PlotLayout",
    "Prediction",
    "Predictor",
    "build",
    "check_members",
    "load_weights",
    "lr_factor",
    "shape_distance",
    "snap_background",
]
