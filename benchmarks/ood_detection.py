"""How often a run calls strange what it cannot know: python benchmarks/foreign_shapes.py checkpoints/NAME DATAROOT

Renders trenches, pairs of holes, small round holes, holes that the crop cuts, and no hole at all as the data set's real
instrument does, and adds Monte Carlo images if their folder is named (--mc). The data set's test images stand first.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data import read_grey
from data.simulator.image_formation import BRIGHTEST, clean_signal, sem_image
from data.simulator.instrument import Instrument
from models import Predictor
from util.scoring import metrics

HEIGHT, WIDTH, WALL = 72, 48, 9.0  # [px]
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH].astype(float)
Masks = Callable[[np.random.Generator], NDArray[np.bool_]]


def ellipse(y: float, x: float, half_height: float, half_width: float) -> NDArray[np.bool_]:
    return ((ROWS - y) / half_height) ** 2 + ((COLUMNS - x) / half_width) ** 2 < 1


SHAPES: dict[str, Masks] = {
    "trench along y": lambda rng: np.abs(COLUMNS - rng.uniform(20, 26)) < rng.uniform(9, 14),
    "trench along x": lambda rng: np.abs(ROWS - rng.uniform(30, 40)) < rng.uniform(10, 18),
    "two holes": lambda rng: ellipse(18, 23, 14, rng.uniform(12, 16)) | ellipse(54, 23, 14, rng.uniform(12, 16)),
    "small round hole": lambda rng: ellipse(35.5, 22.9, *[rng.uniform(9, 12)] * 2),
    "hole cut by the border": lambda rng: ellipse(rng.uniform(60, 70), 22.9, 27, 17),
    "no hole": lambda rng: np.zeros((HEIGHT, WIDTH), bool),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("run", type=Path)
    parser.add_argument("dataroot", type=Path)
    parser.add_argument("--mc", type=Path, help="folder of Monte Carlo images: *.npz with `se` (72, 48)")
    parser.add_argument("--count", type=int, default=100, help="images of each kind (100)")
    given = parser.parse_args()
    record = json.loads((given.dataroot / "dataset.json").read_text())
    config = record["config" if "config" in record else "recipe"]  # its older key
    instrument = Instrument(**config["real_instrument"])
    predictor = Predictor.load(given.run)
    print("| images | called strange | RMSE, called strange | RMSE, others |\n| --- | --- | --- | --- |")
    truth = np.stack([read_grey(path) for path in sorted((given.dataroot / "test/Depth").glob("*.png"))])
    sem = np.stack([read_grey(path) for path in sorted((given.dataroot / "test/SEM").glob("*.png"))])
    said("the test images", predictor, sem, truth)
    for name, mask in SHAPES.items():
        drawn = [scene(mask, instrument, np.random.default_rng([3, n])) for n in range(given.count)]
        said(name, predictor, *(np.stack(part) for part in zip(*drawn, strict=True)))
    if given.mc:
        mc = [np.load(path)["se"] for path in sorted(given.mc.glob("*.npz"))]
        said("Monte Carlo", predictor, np.stack([BRIGHTEST * image / image.max() for image in mc]))
    return 0


def scene(mask: Masks, instrument: Instrument, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """A SEM image and its depth map, 110 to 140 grey levels deep."""
    level = int(rng.choice([140, 150, 160, 170]))
    u = np.clip(distance_transform_edt(np.pad(mask(rng), 8, mode="edge"))[8:-8, 8:-8] / WALL, 0, 1)
    deep = (level - metrics.FLOOR) * (1 - (1 - u) ** 2)
    return sem_image(clean_signal(deep, instrument), instrument, rng), level - deep


def said(name: str, predictor: Predictor, sem: NDArray, truth: NDArray | None = None) -> None:
    """One line of the table."""
    found = predictor.predict(sem)
    if found.ood_score is None or found.final is None:
        raise SystemExit("foreign_shapes.py: this run does not say what is strange to it; give a depth_pipeline's")
    strange = found.ood_score > 1
    errors = ["–", "–"]
    if truth is not None:
        errors = [f"{metrics.rmse(found.final[at], truth[at]):.2f}" if at.any() else "–" for at in (strange, ~strange)]
    print(f"| {name} | {strange.mean():.1%} | {' | '.join(errors)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
