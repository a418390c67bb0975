"""What a simulated data set is made of, and the command line that says it."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..command_line import RAW, Parser
from .hole_geometry import HEIGHT, WIDTH, scale_of
from .instrument import REAL, SIMULATION, Instrument
from .population import CONTEST, Population

SHAPES = ("hole", "trench", "line")
SIDES = (32, 1024)  # px, least and most


@dataclass(frozen=True)
class SimulationConfig:
    """What a data set is made of; written beside it, and compared when the command is typed again."""

    num_shapes: int
    num_real: int
    num_test: int
    shape_overlap: float
    seed: int
    simulation_instrument: dict[str, float]
    real_instrument: dict[str, float]
    real_population: dict[str, Any] = field(default_factory=lambda: listed(CONTEST))
    feature: str = "hole"
    size: tuple[int, int] = (HEIGHT, WIDTH)

    @classmethod
    def of(cls, record: dict[str, Any]) -> "SimulationConfig":
        """The recipe out of a record; parameters that the record does not know yet stood at their defaults."""
        filled = {name: Instrument(**record[name]).to_dict() for name in ("simulation_instrument", "real_instrument")}
        return cls(**{**record, **filled, "size": tuple(record.get("size", cls.size))})

    def instrument_of(self, name: str) -> Instrument:
        """The instrument of the `simulation` or the `real` images. In larger images a hole is the same, and a pixel
        less of it."""
        given = Instrument(**getattr(self, f"{name}_instrument"))
        return replace(given, pixel_nm=given.pixel_nm / scale_of(self.size)) if self.feature == "hole" else given


def listed(population: Population) -> dict[str, Any]:
    """A population as JSON holds it."""
    return json.loads(json.dumps(asdict(population)))


def parse_config(argv: list[str] | None, about: str | None) -> tuple[Path, SimulationConfig]:
    """Command line to (dataroot, recipe)."""
    parser = Parser("python -m data.simulate", description=about, formatter_class=RAW, allow_abbrev=False)
    parser.add_argument("--dataroot", type=Path, default=Path("./sem"), help="folder to make (./sem)")
    for name, default, least, text in (
        ("stems", 50, 1, "hole shapes in the simulated library; each in four cases, two images a case (50)"),
        ("real", 400, 4, "real training images, evenly over depths of 110, 120, 130 and 140 grey levels (400)"),
        ("test", 100, 0, "real test images with their true depth (100)"),
        ("seed", 0, 0, "the same seed gives the same bytes (0)"),
    ):
        parser.add_argument(f"--{name}", type=_whole(least), default=default, metavar="N", help=text)
    parser.add_argument(
        "--shape_overlap",
        type=_share,
        default=0.7,
        metavar="P",
        help="share [0..1] of real shapes, training and test, that the library also holds (0.7)",
    )
    for name in ("simulation", "real"):
        parser.add_argument(
            f"--{name}_instrument", type=Path, metavar="FILE", help=f"JSON of the {name} images' rendering parameters"
        )
    parser.add_argument(
        "--real_population", type=Path, metavar="FILE", help="JSON of the statistics of real shapes outside the library"
    )
    parser.add_argument("--shape", choices=SHAPES, default="hole", help="what is etched (hole)")
    parser.add_argument(
        "--size", type=_size, default=(HEIGHT, WIDTH), metavar="H,W", help="size of the images, 32 to 1024 (72,48) [px]"
    )
    given = parser.parse_args(argv)
    simulation, real = (
        (Instrument.from_json(path) if path else preset).to_dict()
        for path, preset in ((given.simulation_instrument, SIMULATION), (given.real_instrument, REAL))
    )
    population = listed(Population.from_json(given.real_population) if given.real_population else CONTEST)
    recipe = SimulationConfig(
        given.stems,
        given.real,
        given.test,
        given.shape_overlap,
        given.seed,
        simulation,
        real,
        population,
        given.shape,
        given.size,
    )
    return given.dataroot, recipe


def _whole(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= 10**6:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to 1000000")
        return int(text)

    return whole_number


def _size(text: str) -> tuple[int, int]:
    sides = [int(part) if part.isascii() and part.isdigit() else 0 for part in text.split(",")]
    if len(sides) != 2 or not all(SIDES[0] <= side <= SIDES[1] for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not H,W with sides from {SIDES[0]} to {SIDES[1]}")
    return sides[0], sides[1]


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return share
