"""Makes a simulated data set: python -m data.simulate --dataroot ./sem --stems 50 --real 400 --test 100

The contest's layout with, beside it, the truth of the test images (test/Depth) and every parameter (dataset.json).
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
KEPT = 2**14  # px of the largest images whose shapes are kept
FOLDERS = ("simulation_data/SEM", "simulation_data/Depth", "train/SEM", "test/SEM", "test/Depth")
RANDOM: dict[str, Callable[[np.random.Generator, Population], HoleGeometry | Trench]] = {
    "hole": random_hole,
    "trench": random_trench,
    "line": random_line,
}


def recalled_shape(shape: HoleGeometry | Trench, size: tuple[int, int]) -> NDArray[np.float32]:
    """`drawn_shape`, kept where it is small: real images return to the library's shapes again and again."""
    return (drawn_shape if size[0] * size[1] <= KEPT else drawn_shape.__wrapped__)(shape, size)


@lru_cache(maxsize=4096)
def drawn_shape(shape: HoleGeometry | Trench, size: tuple[int, int]) -> NDArray[np.float32]:
    """Unit shape of a hole; of trenches and lines, which go on beyond the image, with a margin."""
    return (
        normalised_depth(shape, size)
        if isinstance(shape, HoleGeometry)
        else normalised_trench_depth(shape, size, TRENCH_MARGIN)
    )


class ShapeSampler:
    """Unit shapes of the simulated library, and draws of real ones of which a share is in it.

    Real ones that are not are drawn from the population `others`. Every shape has a generator of its own, so that more
    test images never change the library.
    """

    def __init__(
        self, count: int, overlap: float, seed: int, others: Population = CONTEST, shape: str = "hole"
    ) -> None:
        self.seed, self.overlap, self.count, self.others = seed, overlap, count, others
        self.random = RANDOM[shape]
        self.library = [self.random(self._rng(0, n), CONTEST) for n in range(count)]

    def real(self, kind: int, n: int) -> HoleGeometry | Trench:
        """Shape of the n-th real image of a kind (1 training, 2 test)."""
        rng = self._rng(kind, n)
        if rng.random() < self.overlap:
            return self.library[rng.integers(self.count)]
        return self.random(rng, self.others)

    def _rng(self, kind: int, n: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, kind, n])


def simulate(folder: Path, recipe: SimulationConfig) -> None:
    """Writes the data set of `recipe` into the empty `folder`, with a progress bar."""
    total = 8 * recipe.num_shapes + recipe.num_real + recipe.num_test
    with tqdm(total=total, desc="simulating", unit="image", disable=None) as bar:
        others = Population(**recipe.real_population)
        shapes = ShapeSampler(recipe.num_shapes, recipe.shape_overlap, recipe.seed, others, recipe.feature)
        _write_library(folder / "simulation_data", shapes.library, recipe, bar)
        _write_training(folder / "train", shapes, recipe, bar)
        _write_test(folder / "test", shapes, recipe, bar)
    record = {"recipe": asdict(recipe), "files": counted(folder)}
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def counted(folder: Path) -> dict[str, int]:
    """Number of images below each of a data set's folders."""
    return {name: sum(1 for _ in (folder / name).rglob("*.png")) for name in FOLDERS}


def sites(real: int, seed: int) -> Iterator[tuple[str, int, range]]:
    """Sites of 3 to 31 real images, evenly over the levels: (name, level, numbers of its images)."""
    rng = np.random.default_rng([seed, 3])
    first = 0
    for part, level in enumerate(LEVELS, 1):
        end, site = real * part // len(LEVELS), 0
        while first < end:
            last = min(first + int(rng.integers(3, 32)), end)
            yield f"site_{site:05d}", level, range(first, last)
            first, site = last, site + 1


def stem_name(n: int) -> str:
    """Name of the n-th stem, in the contest's pattern."""
    return f"20201001_2029{n % 60:02d}_NE14{n // 100:04d}C_RAE01_1_S{n % 100:02d}_M{n:04d}-01MS_{n % 5}"


def _write_library(folder: Path, library: list[HoleGeometry | Trench], recipe: SimulationConfig, bar: tqdm) -> None:
    instrument = recipe.instrument_of("simulation")
    for n, shape in enumerate(library):
        u, inner, stem = recalled_shape(shape, recipe.size), 80 + 5 * n // len(library), stem_name(n)
        for case, level in enumerate(LEVELS, 1):
            clean = _within(clean_signal((level - FLOOR) * u, instrument), recipe)
            for itr in (0, 1):
                rng = np.random.default_rng([recipe.seed, 4, n, case, itr])
                _save(folder / f"SEM/Case_{case}/{inner}/{stem}_itr{itr}.png", sem_image(clean, instrument, rng))
            _save(folder / f"Depth/Case_{case}/{inner}/{stem}.png", depth_grey(_within(u, recipe), level))
            bar.update(2)


def _write_training(folder: Path, shapes: ShapeSampler, recipe: SimulationConfig, bar: tqdm) -> None:
    instrument = recipe.instrument_of("real")
    rows = []
    for site, level, numbers in sites(recipe.num_real, recipe.seed):
        floors = []
        for n in numbers:
            u = recalled_shape(shapes.real(1, n), recipe.size)
            clean = _within(clean_signal((level - FLOOR) * u, instrument), recipe)
            image = sem_image(clean, instrument, np.random.default_rng([recipe.seed, 5, n]))
            _save(folder / f"SEM/Depth_{level - FLOOR}/{site}/SEM_{n:06d}.png", image, "RGB" if n % 3 else "L")
            floors.append((level - FLOOR) * float(u[u > 0.9].mean()))
            bar.update()
        # The contest's column scatters by 1.5 grey levels within a folder, mostly a measurement's error.
        error = np.random.default_rng([recipe.seed, 6, numbers[0]]).normal(0, 1.4)
        rows.append((f"depth_{level - FLOOR}_{site}", f"{np.mean(floors) + error:.6f}"))
    with (folder / "average_depth.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("0", "1"), *rows])


def _write_test(folder: Path, shapes: ShapeSampler, recipe: SimulationConfig, bar: tqdm) -> None:
    instrument = recipe.instrument_of("real")
    levels = np.random.default_rng([recipe.seed, 7]).permutation(np.resize(LEVELS, recipe.num_test))
    for n, level in enumerate(levels.tolist()):
        u = recalled_shape(shapes.real(2, n), recipe.size)
        clean = _within(clean_signal((level - FLOOR) * u, instrument), recipe)
        image = sem_image(clean, instrument, np.random.default_rng([recipe.seed, 8, n]))
        _save(folder / f"SEM/{n:06d}.png", image, "RGB" if n % 3 else "L")
        _save(folder / f"Depth/{n:06d}.png", depth_grey(_within(u, recipe), level))
        bar.update()


def _within(image: NDArray, recipe: SimulationConfig) -> NDArray:
    """An image without the margin of its shape."""
    return image if recipe.feature == "hole" else image[TRENCH_MARGIN:-TRENCH_MARGIN, TRENCH_MARGIN:-TRENCH_MARGIN]


def _save(path: Path, pixels: NDArray[np.uint8], mode: str = "L") -> None:
    buffer = io.BytesIO()  # Pillow's own file handling costs more than the compression
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG", compress_level=1)
    try:
        path.write_bytes(buffer.getbuffer())
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        path.write_bytes(buffer.getbuffer())


def make(dataroot: Path, recipe: SimulationConfig) -> bool:
    """The data set of `recipe` at `dataroot`; False if it is there already. Another one there is never touched.

    It is written beside its place and moved there when it is whole, so that a killed run leaves nothing that looks like
    a data set.
    """
    record = dataroot / RECORD
    if record.is_file():
        try:
            found = json.loads(record.read_text())
            same, whole = SimulationConfig.of(found["recipe"]) == recipe, found["files"] == counted(dataroot)
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{record}: not a record of this command; choose another --dataroot") from None
        if same and whole:
            return False
        problem = "images are missing or were added" if same else "it was made with other parameters"
        raise DataError(f"{dataroot}: holds a simulated data set, but {problem}; choose another --dataroot")
    if dataroot.exists() and (not dataroot.is_dir() or any(dataroot.iterdir())):
        raise DataError(f"{dataroot}: not empty, and not made by this command; choose another --dataroot")
    place = dataroot.resolve()  # `.` and links too have a folder beside them
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as unfinished:
        folder = Path(unfinished) / "set"
        folder.mkdir()
        simulate(folder, recipe)
        folder.replace(place)
    return True


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    try:
        dataroot, recipe = parse_config(argv, __doc__)
        made = make(dataroot, recipe)
    except (DataError, OSError) as error:
        print(f"data.simulate: {error}", file=sys.stderr)
        return 2 if isinstance(error, DataError) else 1
    except KeyboardInterrupt:
        print("data.simulate: interrupted; nothing was written", file=sys.stderr)
        return 130
    files = ", ".join(f"{count} in {name}" for name, count in counted(dataroot).items())
    print(f"{dataroot}: {'made' if made else 'there already, with these parameters; nothing to do'} ({files})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
