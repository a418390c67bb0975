"""Measures holes in depth maps, and computes statistics of holes, sites and runs with their uncertainty.

Not here: errors against simulated ground truth (`..scoring`) and pages of single images (`..page`)."""

from . import hole_table
from .hole_flags import FLAGS, LEFT_OUT, SEPARATOR, FlagCount, describe_flagged, find_flags
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
    "FLAGS",
    "FORMER_NAMES",
    "HALF",
    "INSTRUMENT",
    "LEFT_OUT",
    "QUANTITIES",
    "SEPARATOR",
    "TOP",
    "U90_PER_SIGMA",
    "UNCERTAIN",
    "FlagCount",
    "KnownMaps",
    "RunStatistics",
    "calibrate_intervals",
    "describe_flagged",
    "difference",
    "find_flags",
    "hole_table",
    "in_pixels",
    "measure_holes",
    "name_in_pixels",
]
