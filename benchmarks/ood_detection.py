"""Whether intervals hold, and what the out-of-distribution (OOD) score tells apart.

    python benchmarks/ood_detection.py checkpoints/NAME DATAROOT [checkpoints/NAME2 DATAROOT2 ...] [--figure score.png]

For each run: coverage of the 90 % intervals on the data set's test images, in walls, in floors, and of measures.
Then images that the run should flag. Trenches, pairs of holes, small and cut holes, images without a hole and another
material are rendered with the data set's real instrument; the other kinds are made of the test images. Last the rank
correlation of score and error over all test images of all runs. --mc adds Monte Carlo images. The figure shows each
image's error against its score.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, distance_transform_edt, gaussian_filter, median_filter
from scipy.stats import rankdata, spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data import DataError, read_grey
from data.simulator.image_formation import BRIGHTEST, clean_signal, sem_image
from data.simulator.instrument import Instrument
from models import ModelError, Predictor
from util.metrology import UNCERTAIN, measure_holes
from util.results import ResultBuilder
from util.scoring import metrics

HEIGHT, WIDTH, WALL = 72, 48, 9.0  # [px]
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH].astype(float)
FLOOR_FROM = 0.9  # fraction of the depth from which on a pixel is floor
Masks = Callable[[np.random.Generator], NDArray[np.bool_]]


class Scored(NamedTuple):
    """Errors of images (N,), RMSE [grey level], and their OOD scores (N,)."""

    error: NDArray
    score: NDArray


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
    parser.add_argument("runs", type=Path, nargs="+", help="folder of a depth_pipeline's training, and its data set")
    parser.add_argument("--mc", type=Path, help="folder of Monte Carlo images: *.npz with `se` (72, 48)")
    parser.add_argument("--count", type=int, default=100, help="images of each kind (100)")
    parser.add_argument("--figure", type=Path, help="PNG file for score against error")
    args = parser.parse_args()
    if len(args.runs) % 2:
        parser.error("each run needs its data set: RUN DATAROOT [RUN DATAROOT ...]")
    try:
        scored = {
            run.name: score_run(run, dataroot, args.count, args.mc)
            for run, dataroot in zip(args.runs[::2], args.runs[1::2], strict=True)
        }
    except (DataError, ModelError) as error:
        print(f"ood_detection.py: {error}", file=sys.stderr)
        return 2
    error, score = (np.concatenate(column) for column in zip(*scored.values(), strict=True))
    print(f"rank correlation of score and error, all test images: {spearmanr(error, score).statistic:.2f}")
    if args.figure:
        draw_scores(scored, args.figure)
    return 0


def score_run(run: Path, dataroot: Path, count: int, mc: Path | None) -> Scored:
    """Prints one run's tables."""
    instrument = read_instrument(dataroot)
    predictor = Predictor.load(run)
    sem, truth = read_test_images(dataroot)
    print(f"\n{run}\n\n| images | RMSE | flagged OOD | AUROC | RMSE, flagged OOD | RMSE, others |")
    print("| --- | --- | --- | --- | --- | --- |")
    known = print_row("the test images", predictor, sem, truth)
    for name, images, depth in draw_kinds(sem[:count], truth[:count], instrument):
        print_row(name, predictor, images, depth, known)
    if mc:
        print_row("Monte Carlo", predictor, read_monte_carlo(mc)[0], None, known)
    coverage = measure_coverage(predictor, sem, truth)
    shares = [f"{name} {fraction:.1%}" for name, fraction in coverage.items() if not np.isnan(fraction)]
    print("\n" + ", ".join(shares) + " inside 90 % intervals")
    print(f"rank correlation of score and error: {spearmanr(known.error, known.score).statistic:.2f}")
    return known


def read_instrument(dataroot: Path) -> Instrument:
    """The instrument that `data.simulate` rendered a data set's real images with."""
    path = dataroot / "dataset.json"
    try:
        record = json.loads(path.read_text())
        return Instrument(**record["config" if "config" in record else "recipe"]["real_instrument"])  # its older key
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{path}: does not tell the real instrument; use a data set that `python -m data.simulate` made"
        ) from None


def read_test_images(dataroot: Path) -> tuple[NDArray, NDArray]:
    """SEM images and depth maps (N, H, W) [grey level] that a data set tests with."""
    sem, truth = (sorted((dataroot / "test" / folder).glob("*.png")) for folder in ("SEM", "Depth"))
    if not sem or len(sem) != len(truth):
        raise DataError(f"{dataroot}: needs test/SEM/*.png with as many maps test/Depth/*.png; use another data set")
    return np.stack([read_grey(path) for path in sem]), np.stack([read_grey(path) for path in truth])


def read_monte_carlo(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """SEM images (N, H, W) [grey level] of a folder's *.npz, and depths (N, H, W) [nm] where every file has `depth`."""
    files = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    if not files or any("se" not in file for file in files) or len({file["se"].shape for file in files}) > 1:
        reason = "no Monte Carlo images of one size; name a folder whose *.npz files all hold `se`"
        print(f"--mc {folder}: {reason}", file=sys.stderr)
        raise SystemExit(2)
    images = np.stack([file["se"] for file in files])
    images = BRIGHTEST * images / images.max((1, 2), keepdims=True)
    has_depth = all("depth" in file for file in files)
    return images.astype(np.float32), np.stack([file["depth"] for file in files]) if has_depth else None


def draw_kinds(sem: NDArray, truth: NDArray, instrument: Instrument) -> Iterator[tuple[str, NDArray, NDArray | None]]:
    """Kind, SEM images and depth maps (N, H, W) of what is no image of the domain, from its images (N, H, W)."""
    for name, mask in SHAPES.items():
        scenes = [render_scene(mask, instrument, np.random.default_rng([3, n])) for n in range(len(sem))]
        yield name, *(np.stack(images) for images in zip(*scenes, strict=True))
    for name, gain in (("brighter holes", 1.5), ("darker holes", 0.65)):
        other = dataclasses.replace(instrument, escape_gain=gain * instrument.escape_gain)
        depths = truth.max((1, 2), keepdims=True) - truth
        rngs = (np.random.default_rng([4, n]) for n in range(len(sem)))
        images = [sem_image(clean_signal(d, other), other, rng) for d, rng in zip(depths, rngs, strict=True)]
        yield name, np.stack(images), truth
    for factor in (0.7, 1.4):
        yield f"magnified {factor} times", magnify(sem, factor), magnify(truth, factor)
    yield "inverted", sem.max((1, 2), keepdims=True) - sem, truth
    blurred = gaussian_filter(sem.astype(float), (0, 1.5, 1.5))
    yield "defocused", blurred + (sem - median_filter(sem, (1, 3, 3)).astype(float)), truth


def magnify(images: NDArray, factor: float) -> NDArray[np.float32]:
    """Images (N, H, W) magnified about their centre; what is beyond their border repeats it."""
    centre = (np.array(images.shape[1:]) - 1) / 2
    matrix, offset = [1, 1 / factor, 1 / factor], [0, *(centre - centre / factor)]
    return affine_transform(images.astype(np.float32), matrix, offset, order=1, mode="nearest")


def render_scene(mask: Masks, instrument: Instrument, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """A SEM image and its depth map, 110 to 140 grey levels deep."""
    level = int(rng.choice([140, 150, 160, 170]))
    u = np.clip(distance_transform_edt(np.pad(mask(rng), 8, mode="edge"))[8:-8, 8:-8] / WALL, 0, 1)
    depth = (level - metrics.FLOOR) * (1 - (1 - u) ** 2)
    return sem_image(clean_signal(depth, instrument), instrument, rng), level - depth


def print_row(
    name: str, predictor: Predictor, sem: NDArray, truth: NDArray | None, known: Scored | None = None
) -> Scored:
    """Predicts SEM images (N, H, W) [grey level] and prints one line of the table; AUROC is against `known` images."""
    prediction = predictor.predict(sem)
    depth, score = prediction.final, prediction.ood_score
    if score is None or depth is None:
        raise SystemExit("ood_detection.py: this run has no OOD scores; use the run of a depth_pipeline")
    error = np.full(len(sem), np.nan) if truth is None else np.sqrt(((depth - truth) ** 2).mean((1, 2)))
    masks = np.ones(len(sem), bool), score > 1, score <= 1
    errors = [f"{np.sqrt((error[m] ** 2).mean()):.2f}" if truth is not None and m.any() else "–" for m in masks]
    auroc = "–" if known is None else f"{compute_auroc(known.score, score):.3f}"
    print(f"| {name} | {errors[0]} | {masks[1].mean():.1%} | {auroc} | {errors[1]} | {errors[2]} |", flush=True)
    return Scored(error, score)


def compute_auroc(known: NDArray, foreign: NDArray) -> float:
    """Probability that a foreign image has the higher score; half of the ties count."""
    ranks = rankdata(np.concatenate((known, foreign)))[len(known) :]
    return float((ranks.mean() - (len(foreign) + 1) / 2) / len(known))


def measure_coverage(predictor: Predictor, sem: NDArray, truth: NDArray) -> dict[str, float]:
    """Fraction of pixels in walls and in floors, and of measures, inside their 90 % intervals; NaN is unknown."""
    prediction = predictor.predict(sem)
    depth, u90, floor_depth = prediction.final, prediction.depth_u90, prediction.floor_depth
    assert depth is not None and u90 is not None and floor_depth is not None and prediction.level is not None
    relief, true_relief = prediction.level[:, None, None] - depth, truth.max((1, 2), keepdims=True) - truth
    floor = relief > FLOOR_FROM * (prediction.level[:, None, None] - metrics.FLOOR)
    wall = ((true_relief > 0) | (relief > 1)) & ~floor
    inside = np.abs(depth - truth) <= u90
    factors = ResultBuilder(1.0, 1.0).calibrated(predictor.recall_known()).factors
    measured, true = measure_holes(relief, 1.0, u90, factors=factors), measure_holes(true_relief)
    measured["depth_mean_u90_nm"] = floor_depth[:, 1].astype(float)
    coverage = {"walls": inside[wall].mean(), "floors": inside[floor].mean()}
    for name, u90_name in UNCERTAIN.items():
        error, limit = np.abs(measured[name] - true[name]), measured[u90_name]
        known = ~np.isnan(error) & ~np.isnan(limit)
        coverage[name] = (error <= limit)[known].mean() if known.any() else np.nan
    return coverage


def draw_scores(scored: dict[str, Scored], path: Path) -> None:
    """Writes a PNG: error against score, on logarithmic axes, one colour a run."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, images in scored.items():
        axes.loglog(images.score, images.error, ".", alpha=0.5, label=name)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(xlabel="OOD score (above 1: out of distribution)", ylabel="RMSE of the image [grey level]")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    sys.exit(main())
