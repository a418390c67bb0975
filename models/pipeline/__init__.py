"""Parts of the depth pipeline: rendering, shape library, matched pairs, uncertainty. The training steps and the
prediction that combine them are in models/depth_pipeline.py."""

from .appearance import Appearance
from .domain_renderer import N_VALIDATION, DomainRenderer, even_indices, renderer_input
from .lucas_kanade import align
from .renderer_pairs import MIN_MATCHES, RendererPairs
from .shape_library import ShapeLibrary, per_image
from .uncertainty import (
    UncertaintyCalibration,
    ValidationRenderings,
    compute_level_u90,
    gaussian_nll,
    sigma_from_log,
)
from .warp import translate

__all__ = [
    "MIN_MATCHES",
    "N_VALIDATION",
    "Appearance",
    "DomainRenderer",
    "RendererPairs",
    "ShapeLibrary",
    "UncertaintyCalibration",
    "ValidationRenderings",
    "align",
    "compute_level_u90",
    "even_indices",
    "gaussian_nll",
    "per_image",
    "renderer_input",
    "sigma_from_log",
    "translate",
]
