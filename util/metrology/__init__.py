"""From depth maps to the numbers of a metrology report: holes, sites, runs."""

from . import hole_table
from .hole_measurement import measure_holes
from .quantity_names import BOTTOM, HALF, QUANTITIES, TOP, UNCERTAIN, difference, in_pixels, name_in_pixels

__all__ = [
    "BOTTOM",
    "HALF",
    "QUANTITIES",
    "TOP",
    "UNCERTAIN",
    "difference",
    "hole_table",
    "in_pixels",
    "measure_holes",
    "name_in_pixels",
]
