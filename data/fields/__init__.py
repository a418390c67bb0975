"""Whole fields of view: finds the holes, cuts a crop around each, and stitches the crops' depth maps together.

Depth is not predicted here, and results are not written here (util/results does that).
"""

from .hole_detection import detect_holes
from .inference_crops import InferenceCrops

__all__ = ["InferenceCrops", "detect_holes"]
