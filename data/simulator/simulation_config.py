"""The settings of a simulated data set, and the command line that sets them."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..command_line import RAW, Parser
from .hole_geometry import HEIGHT, WIDTH, hole_scale
from .instrument import REAL, SIMULATION, Instrument
from .population import CONTEST, Population

FEATURES = ("hole", "trench", "line")
MIN_SIDE, MAX_SIDE = 32, 1024  # [px]
OLD_NAMES = {"stems": "num_shapes", "real": "num_real", "test": "num_test", "shape": "feature"}


@dataclass(frozen=True)
class SimulationConfig:
    """The settings of a data set. They are written beside it, and compared when the command is run again."""

    num_shapes: int
    num_real: int
    num_test: int
    shape_overlap: float
    seed: int
    simulation_instrument: dict[str, float]
    real_instrument: dict[str, float]
    real_population: dict[str, Any] = field(default_factory=lambda: population_to_json(CONTEST))
    feature: str = "hole"
    size: tuple[int, int] = (HEIGHT, WIDTH)

    @classmethod
    def of(cls, record: dict[str, Any]) -> "SimulationConfig":
        """The settings from a record in JSON. Older records use OLD_NAMES; settings they lack had their defaults."""
        values = {OLD_NAMES.get(name, name): value for name, value in dict(record).items()}
        for name in ("simulation_instrument", "real_instrument"):
            values[name] = Instrument(**values[name]).to_dict()
        return cls(**{**values, "size": tuple(values.get("size", cls.size))})

    def instrument_of(self, name: str) -> Instrument:
        """The instrument of the `simulation` or the `real` images.

        A hole has the same size in nm in larger images, so the pixel size [nm] is smaller there.
        """
        instrument = Instrument(**getattr(self, f"{name}_instrument"))
        if self.feature != "hole":
            return instrument
        return replace(instrument, pixel_nm=instrument.pixel_nm / hole_scale(self.size))


def population_to_json(population: Population) -> dict[str, Any]:
    """A population as it is read back from JSON: lists instead of tuples."""
    return json.loads(json.dumps(asdict(population)))


def parse_config(argv: list[str] | None, description: str | None) -> tuple[Path, SimulationConfig]:
    """Command line to (dataroot, settings). The second spelling of an option is its older name."""
    parser = Parser("python -m data.simulate", description=description, formatter_class=RAW, allow_abbrev=False)
    parser.add_argument("--dataroot", type=Path, default=Path("./sem"), help="folder to make (./sem)")
    for names, default, minimum, text in (
        (("num_shapes", "stems"), 50, 1, "hole shapes in the simulated library, each in four cases of two images (50)"),
        (
            ("num_real", "real"),
            400,
            4,
            "real training images, evenly over depths 110, 120, 130, 140 [grey level] (400)",
        ),
        (("num_test", "test"), 100, 0, "real test images with their true depth (100)"),
        (("seed",), 0, 0, "the same seed gives the same bytes (0)"),
    ):
        flags = [f"--{name}" for name in names]
        parser.add_argument(*flags, type=_whole_number(minimum), default=default, metavar="N", help=text)
    parser.add_argument(
        "--shape_overlap",
        type=_fraction,
        default=0.7,
        metavar="P",
        help="fraction [0..1] of real shapes, training and test, that are also in the library (0.7)",
    )
    for name in ("simulation", "real"):
        parser.add_argument(
            f"--{name}_instrument", type=Path, metavar="FILE", help=f"JSON of the {name} images' rendering parameters"
        )
    parser.add_argument(
        "--real_population", type=Path, metavar="FILE", help="JSON of the statistics of real shapes outside the library"
    )
    parser.add_argument("--feature", "--shape", choices=FEATURES, default="hole", help="etched feature (hole)")
    parser.add_argument(
        "--size", type=_size, default=(HEIGHT, WIDTH), metavar="H,W", help="size of the images, 32 to 1024 (72,48) [px]"
    )
    args = parser.parse_args(argv)
    simulation, real = (
        (Instrument.from_json(path) if path else preset).to_dict()
        for path, preset in ((args.simulation_instrument, SIMULATION), (args.real_instrument, REAL))
    )
    population = Population.from_json(args.real_population) if args.real_population else CONTEST
    config = SimulationConfig(
        args.num_shapes,
        args.num_real,
        args.num_test,
        args.shape_overlap,
        args.seed,
        simulation,
        real,
        population_to_json(population),
        args.feature,
        args.size,
    )
    return args.dataroot, config


def _whole_number(minimum: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not minimum <= int(text) <= 10**6:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to 1000000")
        return int(text)

    return convert


def _size(text: str) -> tuple[int, int]:
    sides = [int(part) if part.isascii() and part.isdigit() else 0 for part in text.split(",")]
    if len(sides) != 2 or not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not H,W with sides from {MIN_SIDE} to {MAX_SIDE}")
    return sides[0], sides[1]


def _fraction(text: str) -> float:
    try:
        fraction = float(text)
    except ValueError:
        fraction = -1
    if not 0 <= fraction <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fraction from 0 to 1")
    return fraction
