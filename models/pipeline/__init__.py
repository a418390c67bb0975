"""The parts of the depth pipeline."""

from .appearance import Appearance
from .domain_renderer import DomainRenderer, even_indices, fork_rng, renderer_input
from .lucas_kanade import align
from .pipeline_options import DepthPipelineOptions
from .renderer_pairs import MIN_MATCHES, RendererPairs
from .shape_library import ShapeLibrary, per_image
from .uncertainty import (
    COVERAGE,
    UncertaintyCalibration,
    ValidationRenderings,
    floor_of,
    gaussian_nll,
    reduced_chi2,
    sigma_from_log,
)
from .warp import deform, translate

__all__ = [
    "COVERAGE",
    "MIN_MATCHES",
    "Appearance",
    "DepthPipelineOptions",
    "DomainRenderer",
    "RendererPairs",
    "ShapeLibrary",
    "UncertaintyCalibration",
    "ValidationRenderings",
    "align",
    "deform",
    "even_indices",
    "floor_of",
    "fork_rng",
    "gaussian_nll",
    "per_image",
    "reduced_chi2",
    "renderer_input",
    "sigma_from_log",
    "translate",
]
