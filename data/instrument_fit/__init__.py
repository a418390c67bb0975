"""Fits the simulator's instrument to the images of a real domain, and renders shapes by the fitted instrument.

Nothing here knows a depth map of a real image. How an image forms is in data.simulator.
"""

from .domain import UNKNOWN_DEPTH, built_in_library, default_pixel_nm, depths_of_levels, normalise_maps
from .fit_figure import describe, draw_fit
from .fitted_renderings import match_brightness, render_shapes
from .fitting import FULL, QUICK, Effort, InstrumentFit, count_steps, fit_instrument
from .reshaping import Reshaping
from .source_code import code_digest

__all__ = [
    "FULL",
    "QUICK",
    "UNKNOWN_DEPTH",
    "Effort",
    "InstrumentFit",
    "Reshaping",
    "built_in_library",
    "code_digest",
    "count_steps",
    "default_pixel_nm",
    "depths_of_levels",
    "describe",
    "draw_fit",
    "fit_instrument",
    "match_brightness",
    "normalise_maps",
    "render_shapes",
]
