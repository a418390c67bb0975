"""Makes a simulated data set: python -m data.simulate --dataroot ./sem --num_shapes 50 --num_real 400 --num_test 100

The folders are those of the contest. Beside them are the ground truth of the test images (test/Depth) and all
settings (dataset.json).
"""

import csv
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from .errors import DataError
from .grey_levels import FLOOR, LEVELS
from .simulator import (
    CONTEST,
    TRENCH_MARGIN,
    HoleGeometry,
    Population,
    SimulationConfig,
    Trench,
    clean_signal,
    depth_grey,
    normalised_depth,
    normalised_trench_depth,
    parse_config,
    random_hole,
    random_line,
    random_trench,
    sem_image,
)

RECORD = "dataset.json"
CONFIG, OLD_CONFIG = "config", "recipe"  # key of the settings in RECORD, and its older name
MAX_CACHED = 2**14  # [px] of an image; the shapes of larger ones are not cached
FOLDERS = ("simulation_data/SEM", "simulation_data/Depth", "train/SEM", "test/SEM", "test/Depth")
DRAW: dict[str, Callable[[np.random.Generator, Population], HoleGeometry | Trench]] = {
    "hole": random_hole,
    "trench": random_trench,
    "line": random_line,
}


def cached_depth(shape: HoleGeometry | Trench, size: tuple[int, int]) -> NDArray[np.float32]:
    """`draw_depth`, from a cache where images are small: many real images show the same shape of the library."""
    return (draw_depth if size[0] * size[1] <= MAX_CACHED else draw_depth.__wrapped__)(shape, size)


@lru_cache(maxsize=4096)
def draw_depth(shape: HoleGeometry | Trench, size: tuple[int, int]) -> NDArray[np.float32]:
    """Normalised depth u, float32 `size` (H, W); trenches and lines, which continue, with a margin."""
    return (
        normalised_depth(shape, size)
        if isinstance(shape, HoleGeometry)
        else normalised_trench_depth(shape, size, TRENCH_MARGIN)
    )


class ShapeSampler:
    """The shapes of the simulated library, and the shapes of real images; a fraction `overlap` of these is in it.

    The other real shapes are drawn from `population`. Every shape has its own random generator: more test images
    never change the library.
    """

    def __init__(
        self, count: int, overlap: float, seed: int, population: Population = CONTEST, feature: str = "hole"
    ) -> None:
        self.seed, self.overlap, self.count, self.population = seed, overlap, count, population
        self.draw = DRAW[feature]
        self.library = [self.draw(self._rng(0, n), CONTEST) for n in range(count)]

    def draw_real(self, subset: int, n: int) -> HoleGeometry | Trench:
        """Shape of the n-th real image of a subset (1 training, 2 test)."""
        rng = self._rng(subset, n)
        if rng.random() < self.overlap:
            return self.library[rng.integers(self.count)]
        return self.draw(rng, self.population)

    def _rng(self, subset: int, n: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, subset, n])


def simulate(folder: Path, config: SimulationConfig) -> None:
    """Writes the data set of `config` into the empty `folder` and shows a progress bar."""
    total = 8 * config.num_shapes + config.num_real + config.num_test
    with tqdm(total=total, desc="simulating", unit="image", disable=None) as bar:
        population = Population(**config.real_population)
        shapes = ShapeSampler(config.num_shapes, config.shape_overlap, config.seed, population, config.feature)
        _write_library(folder / "simulation_data", shapes.library, config, bar)
        _write_training(folder / "train", shapes, config, bar)
        _write_test(folder / "test", shapes, config, bar)
    record = {CONFIG: asdict(config), "files": count_images(folder)}
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def count_images(folder: Path) -> dict[str, int]:
    """Number of images in each folder of a data set."""
    return {name: sum(1 for _ in (folder / name).rglob("*.png")) for name in FOLDERS}


def divide_into_sites(num_real: int, seed: int) -> Iterator[tuple[str, int, range]]:
    """Sites of 3 to 31 real images, evenly over the background levels: (name, level, indices of its images)."""
    rng = np.random.default_rng([seed, 3])
    first = 0
    for n_levels, level in enumerate(LEVELS, 1):
        end, site = num_real * n_levels // len(LEVELS), 0
        while first < end:
            last = min(first + int(rng.integers(3, 32)), end)
            yield f"site_{site:05d}", level, range(first, last)
            first, site = last, site + 1


def stem_name(n: int) -> str:
    """File stem of the n-th shape, in the contest's pattern."""
    return f"20201001_2029{n % 60:02d}_NE14{n // 100:04d}C_RAE01_1_S{n % 100:02d}_M{n:04d}-01MS_{n % 5}"


def _write_library(folder: Path, library: list[HoleGeometry | Trench], config: SimulationConfig, bar: tqdm) -> None:
    instrument = config.instrument_of("simulation")
    for n, shape in enumerate(library):
        u, inner, stem = cached_depth(shape, config.size), 80 + 5 * n // len(library), stem_name(n)
        for case, level in enumerate(LEVELS, 1):
            clean = _crop_margin(clean_signal((level - FLOOR) * u, instrument), config)
            for itr in (0, 1):
                rng = np.random.default_rng([config.seed, 4, n, case, itr])
                _save(folder / f"SEM/Case_{case}/{inner}/{stem}_itr{itr}.png", sem_image(clean, instrument, rng))
            _save(folder / f"Depth/Case_{case}/{inner}/{stem}.png", depth_grey(_crop_margin(u, config), level))
            bar.update(2)


def _write_training(folder: Path, shapes: ShapeSampler, config: SimulationConfig, bar: tqdm) -> None:
    instrument = config.instrument_of("real")
    rows = []
    for site, level, indices in divide_into_sites(config.num_real, config.seed):
        floors = []
        for n in indices:
            u = cached_depth(shapes.draw_real(1, n), config.size)
            clean = _crop_margin(clean_signal((level - FLOOR) * u, instrument), config)
            image = sem_image(clean, instrument, np.random.default_rng([config.seed, 5, n]))
            _save(folder / f"SEM/Depth_{level - FLOOR}/{site}/SEM_{n:06d}.png", image, "RGB" if n % 3 else "L")
            floors.append((level - FLOOR) * float(u[u > 0.9].mean()))
            bar.update()
        # The contest's column scatters by 1.5 grey levels within a folder; most of it is measurement error.
        error = np.random.default_rng([config.seed, 6, indices[0]]).normal(0, 1.4)
        rows.append((f"depth_{level - FLOOR}_{site}", f"{np.mean(floors) + error:.6f}"))
    with (folder / "average_depth.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("0", "1"), *rows])


def _write_test(folder: Path, shapes: ShapeSampler, config: SimulationConfig, bar: tqdm) -> None:
    instrument = config.instrument_of("real")
    levels = np.random.default_rng([config.seed, 7]).permutation(np.resize(LEVELS, config.num_test))
    for n, level in enumerate(levels.tolist()):
        u = cached_depth(shapes.draw_real(2, n), config.size)
        clean = _crop_margin(clean_signal((level - FLOOR) * u, instrument), config)
        image = sem_image(clean, instrument, np.random.default_rng([config.seed, 8, n]))
        _save(folder / f"SEM/{n:06d}.png", image, "RGB" if n % 3 else "L")
        _save(folder / f"Depth/{n:06d}.png", depth_grey(_crop_margin(u, config), level))
        bar.update()


def _crop_margin(image: NDArray, config: SimulationConfig) -> NDArray:
    """The image (H, W) without the margin of trenches and lines."""
    return image if config.feature == "hole" else image[TRENCH_MARGIN:-TRENCH_MARGIN, TRENCH_MARGIN:-TRENCH_MARGIN]


def _save(path: Path, pixels: NDArray[np.uint8], mode: str = "L") -> None:
    buffer = io.BytesIO()  # Pillow's file handling costs more time than its compression
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG", compress_level=1)
    try:
        path.write_bytes(buffer.getbuffer())
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        path.write_bytes(buffer.getbuffer())


def make_dataset(dataroot: Path, config: SimulationConfig) -> bool:
    """Makes the data set of `config` at `dataroot`; False if it exists already. DataError if the folder holds others.

    It is written to a temporary folder beside `dataroot` and moved when it is complete. So a killed run leaves nothing
    that looks like a data set.
    """
    record = dataroot / RECORD
    if record.is_file():
        try:
            values = json.loads(record.read_text())
            saved = SimulationConfig.of(values[CONFIG if CONFIG in values else OLD_CONFIG])
            complete = values["files"] == count_images(dataroot)
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{record}: not a record of this command; use another --dataroot") from None
        if saved == config and complete:
            return False
        problem = "images are missing or were added" if saved == config else "it was made with other parameters"
        raise DataError(f"{dataroot}: holds a simulated data set, but {problem}; use another --dataroot")
    if dataroot.exists() and (not dataroot.is_dir() or any(dataroot.iterdir())):
        raise DataError(f"{dataroot}: not empty, and not made by this command; use another --dataroot")
    target = dataroot.resolve()  # so that `.` and links have a parent folder too
    target.parent.mkdir(parents=True, exist_ok=True)
    place = tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent, ignore_cleanup_errors=True)
    with place as temporary:
        folder = Path(temporary) / "set"
        folder.mkdir()
        simulate(folder, config)
        folder.replace(target)
    return True


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    try:
        dataroot, config = parse_config(argv, __doc__)
        made = make_dataset(dataroot, config)
    except DataError as error:
        print(f"data.simulate: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # of a file below a temporary folder, whose name says nothing
        print(f"data.simulate: {dataroot}: {error.strerror or error}; nothing was written", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("data.simulate: interrupted; nothing was written", file=sys.stderr)
        return 130
    files = ", ".join(f"{count} in {name}" for name, count in count_images(dataroot).items())
    print(f"{dataroot}: {'made' if made else 'already exists with these parameters; nothing to do'} ({files})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
