"""How often a run flags foreign shapes as out of distribution (OOD).

    python benchmarks/ood_detection.py checkpoints/NAME DATAROOT

Renders trenches, pairs of holes, small round holes, holes that the border cuts, and images without a hole, all with the
data set's real instrument. --mc adds Monte Carlo images. The first line is the data set's test images.
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
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of a depth_pipeline's training")
    parser.add_argument("dataroot", type=Path, help="data set of data.simulate")
    parser.add_argument("--mc", type=Path, help="folder of Monte Carlo images: *.npz with `se` (72, 48)")
    parser.add_argument("--count", type=int, default=100, help="images of each shape (100)")
    args = parser.parse_args()
    record = json.loads((args.dataroot / "dataset.json").read_text())
    config = record["config" if "config" in record else "recipe"]  # its older key
    instrument = Instrument(**config["real_instrument"])
    predictor = Predictor.load(args.run)
    print("| images | flagged OOD | RMSE, flagged OOD | RMSE, others |\n| --- | --- | --- | --- |")
    truth = np.stack([read_grey(path) for path in sorted((args.dataroot / "test/Depth").glob("*.png"))])
    sem = np.stack([read_grey(path) for path in sorted((args.dataroot / "test/SEM").glob("*.png"))])
    print_row("the test images", predictor, sem, truth)
    for name, mask in SHAPES.items():
        scenes = [render_scene(mask, instrument, np.random.default_rng([3, n])) for n in range(args.count)]
        print_row(name, predictor, *(np.stack(images) for images in zip(*scenes, strict=True)))
    if args.mc:
        mc = [np.load(path)["se"] for path in sorted(args.mc.glob("*.npz"))]
        print_row("Monte Carlo", predictor, np.stack([BRIGHTEST * image / image.max() for image in mc]))
    return 0


def render_scene(mask: Masks, instrument: Instrument, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """A SEM image and its depth map, 110 to 140 grey levels deep."""
    level = int(rng.choice([140, 150, 160, 170]))
    u = np.clip(distance_transform_edt(np.pad(mask(rng), 8, mode="edge"))[8:-8, 8:-8] / WALL, 0, 1)
    depth = (level - metrics.FLOOR) * (1 - (1 - u) ** 2)
    return sem_image(clean_signal(depth, instrument), instrument, rng), level - depth


def print_row(name: str, predictor: Predictor, sem: NDArray, truth: NDArray | None = None) -> None:
    """Predicts SEM images (N, H, W) [grey level] and prints one line of the table."""
    prediction = predictor.predict(sem)
    depth, ood_score = prediction.final, prediction.ood_score
    if ood_score is None or depth is None:
        raise SystemExit("ood_detection.py: this run has no OOD scores; use the run of a depth_pipeline")
    is_ood = ood_score > 1
    errors = ["–", "–"]
    if truth is not None:
        errors = [f"{metrics.rmse(depth[mask], truth[mask]):.2f}" if mask.any() else "–" for mask in (is_ood, ~is_ood)]
    print(f"| {name} | {is_ood.mean():.1%} | {' | '.join(errors)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
