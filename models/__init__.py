"""What is learned, and what turns a SEM image into a finished depth map."""

from .criterion import shape_distance
from .errors import ModelError
from .predictor import Prediction, Predictor
from .quantisation import LEVELS, quantise
from .registry import SYSTEMS, build, check_members
from .schedule import lr_factor
from .system import Estimate, System
from .weights import load_weights

__all__ = [
    "LEVELS",
    "SYSTEMS",
    "Estimate",
    "ModelError",
    "Prediction",
    "Predictor",
    "System",
    "build",
    "check_members",
    "load_weights",
    "lr_factor",
    "quantise",
    "shape_distance",
]
