"""What is learned, and what turns a SEM image into a finished depth map."""

from .criterion import shape_distance
from .errors import ModelError
from .predictor import Prediction, Predictor
from .quantisation import LEVELS, quantise
from .registry import SYSTEMS, build
from .schedule import lr_factor
from .system import System
from .weights import load_weights

__all__ = [
    "LEVELS",
    "SYSTEMS",
    "ModelError",
    "Prediction",
    "Predictor",
    "System",
    "build",
    "load_weights",
    "lr_factor",
    "quantise",
    "shape_distance",
]
