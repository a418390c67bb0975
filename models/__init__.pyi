from .base_model import BaseModel, ModelOutput
from .errors import ModelError
from .grey_levels import LEVELS
from .networks import load_weights
from .postprocessing import snap_background
from .predictor import Prediction, Predictor
from .registry import MODEL_OPTIONS, MODELS, build, check_members
from .training import PlotLayout, lr_factor, shape_distance
from .transfer import find_source, initialise_from

__all__ = [
    "LEVELS",
    "MODELS",
    "MODEL_OPTIONS",
    "BaseModel",
    "ModelError",
    "ModelOutput",
    "PlotLayout",
    "Prediction",
    "Predictor",
    "build",
    "check_members",
    "find_source",
    "initialise_from",
    "load_weights",
    "lr_factor",
    "shape_distance",
    "snap_background",
]
