"""The statistics of a population of holes: the distributions from which shapes are drawn.

`CONTEST` follows the contest's depth maps; benchmarks/simulator_statistics.py lists its target statistics. Another
population is a JSON file with the same keys.
"""

from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .parameter_file import read_parameters


@dataclass(frozen=True)
class Population:
    """Pairs are (mean, standard deviation) of a normal distribution; "from .. to" marks bounds of a uniform one.

    Lengths in px, angles in rad, relative heights in units of u; a `*_share` is a fraction of the holes [0..1].
    """

    half_width: tuple[float, float] = (17.3, 0.75)  # [px]
    half_height: tuple[float, float] = (27.6, 0.9)  # [px]
    corner_shares: tuple[float, float, float, float] = (
        0.1,
        0.25,
        0.35,
        0.3,
    )  # of superellipses of 2, 2.4, 3 and 4
    egg_share: float = 0.6
    egg: float = 0.05  # standard deviation of the relative growth of the width from the middle to the bottom
    waist_share: float = 0.3
    waist: tuple[float, float] = (0.03, 0.14)  # from .. to, relative loss of width in the middle
    shear_share: float = 0.4
    shear: tuple[float, float] = (1.5, 4.0)  # [px] from .. to, sideways offset of top against bottom, to either side
    rotation: float = 0.02  # [rad] standard deviation
    roughness: float = 0.006  # standard deviation of each harmonic of the contour, relative to its radius
    side_wall: tuple[float, float] = (11.9, 1.2)  # [px] from the border to the plateau, left and right
    side_wall_difference: float = 0.7  # [px] standard deviation of half the difference of left and right
    end_wall: tuple[float, float] = (7.0, 0.5)  # [px] at top and bottom
    side_toe: tuple[float, float] = (1.19, 0.04)  # exponent of the wall's profile near the surface
    end_toe: tuple[float, float] = (1.45, 0.04)
    side_shoulder: tuple[float, float] = (3.05, 0.15)  # the same near the floor
    end_shoulder: tuple[float, float] = (2.25, 0.1)
    pit_share: float = 0.5  # of holes with a pit under the top or bottom wall
    pit_place: tuple[float, float] = (0.50, 0.62)  # from .. to, in half heights
    pit_depth: float = 0.06  # mean of an exponential distribution
    hill_share: float = 0.6  # of holes with a gentle hill on the floor
    hill_height: tuple[float, float] = (0.02, 0.09)  # from .. to

    @classmethod
    def from_json(cls, path: Path) -> "Population":
        """A population from a JSON file; a missing key keeps its default. DataError for what is not possible."""
        population = read_parameters(path, cls)
        total = sum(population.corner_shares)
        if abs(total - 1) > 1e-9:
            raise DataError(f"{path}: corner_shares sum to {total:g}; expected 1")
        for name in ("half_width", "half_height", "side_wall", "end_wall"):
            mean, sigma = getattr(population, name)
            if mean <= 4 * sigma:
                raise DataError(f"{path}: {name} has mean {mean:g}; expected more than 4 times its deviation {sigma:g}")
        for name in ("egg_share", "waist_share", "shear_share", "pit_share", "hill_share"):
            if getattr(population, name) > 1:
                raise DataError(f"{path}: {name} is {getattr(population, name):g}; expected a fraction from 0 to 1")
        for name in ("waist", "shear", "pit_place", "hill_height"):
            low, high = getattr(population, name)
            if low > high:
                raise DataError(f"{path}: {name} is {[low, high]}; expected [minimum, maximum]")
        return population


CONTEST = Population()
