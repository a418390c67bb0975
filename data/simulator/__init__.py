"""The SEM simulator: random shapes, their depth maps, and how an instrument images them.

Files are not written here (data/simulate.py does that), and nothing is learned here.
"""

from .hole_geometry import HoleGeometry, depth_grey, normalised_depth, random_hole
from .image_formation import clean_signal, sem_image
from .population import CONTEST, Population
from .simulation_config import SimulationConfig, parse_config
from .trench_geometry import TRENCH_MARGIN, Trench, normalised_trench_depth, random_line, random_trench

__all__ = [
    "CONTEST",
    "TRENCH_MARGIN",
    "HoleGeometry",
    "Population",
    "SimulationConfig",
    "Trench",
    "clean_signal",
    "depth_grey",
    "normalised_depth",
    "normalised_trench_depth",
    "parse_config",
    "random_hole",
    "random_line",
    "random_trench",
    "sem_image",
]
