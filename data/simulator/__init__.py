"""The SEM simulator: random shapes, their depth maps, and how an instrument images them.

Files are not written here (data/simulate.py does that), and nothing is learned here.
"""

from .hole_geometry import HoleGeometry, depth_grey, hole_scale, normalised_depth, random_hole
from .image_formation import BRIGHTEST, HoleOptics, clean_signal, emitted_signal, hole_optics, sem_image
from .instrument import Instrument
from .population import CONTEST, Population
from .simulation_config import SimulationConfig, parse_config
from .trench_geometry import TRENCH_MARGIN, Trench, normalised_trench_depth, random_line, random_trench

__all__ = [
    "BRIGHTEST",
    "CONTEST",
    "TRENCH_MARGIN",
    "HoleGeometry",
    "HoleOptics",
    "Instrument",
    "Population",
    "SimulationConfig",
    "Trench",
    "clean_signal",
    "depth_grey",
    "emitted_signal",
    "hole_optics",
    "hole_scale",
    "normalised_depth",
    "normalised_trench_depth",
    "parse_config",
    "random_hole",
    "random_line",
    "random_trench",
    "sem_image",
]
