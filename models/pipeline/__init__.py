"""Parts of the depth pipeline: rendering, shape library, matched pairs, uncertainty. The training steps and the
prediction that combine them are in models/depth_pipeline.py."""

from .appearance import Appearance
from .batch_mixture import BatchMixture
from .calibration import Calibration
from .domain_renderer import DomainRenderer, renderer_input
from .lucas_kanade import align
from .renderer_pairs import RendererPairs
from .shape_library import ShapeLibrary, per_image
from .shape_lookup import ShapeLookup, find_matches
from .uncertainty import UncertaintyCalibration, gaussian_nll, sigma_from_log
from .warp import translate

__all__ = [
    "Appearance",
    "BatchMixture",
    "Calibration",
    "DomainRenderer",
    "RendererPairs",
    "ShapeLibrary",
    "ShapeLookup",
    "UncertaintyCalibration",
    "align",
    "find_matches",
    "gaussian_nll",
    "per_image",
    "renderer_input",
    "sigma_from_log",
    "translate",
]
