"""."""

from .image_stack import CACHE_FOLDER, height_width
from .inference_images import MIN_SIDE, InferenceBatch, InferenceImages
from .labelled import level_from_folder

__all__ = ["CACHE_FOLDER", "MIN_SIDE", "InferenceBatch", "InferenceImages", "height_width", "level_from_folder"]
