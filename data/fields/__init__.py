"""."""

from .inference_crops import InferenceCrops

__all__ = ["InferenceCrops"]
