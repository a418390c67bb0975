"""Measures holes in depth maps, and computes statistics of holes, sites and runs with their uncertainty.

Not here: errors against simulated ground truth (`..scoring`) and pages of single images (`..page`)."""

from . import hole_table
from .hole_measurement import measure_holes
from .measure_intervals import KnownMaps, calibrate_intervals
from .quantity_names import (
    ANGLES,
    BOTTOM,
    DEPTH_U90,
    FORMER_NAMES,
    HALF,
    INSTRUMENT,
    QUANTITIES,
    TOP,
    UNCERTAIN,
    difference,
    in_pixels,
    name_in_pixels,
)
from .run_statistics import RunStatistics
from .site_statistics import U90_PER_SIGMA

__all__ = [
    "ANGLES",
    "BOTTOM",
    "DEPTH_U90",
    "FORMER_NAMES",
    "HALF",
    "INSTRUMENT",
    "QUANTITIES",
    "TOP",
    "U90_PER_SIGMA",
    "UNCERTAIN",
    "KnownMaps",
    "RunStatistics",
    "calibrate_intervals",
    "difference",
    "hole_table",
    "in_pixels",
    "measure_holes",
    "name_in_pixels",
]
