"""Bias and 3 sigma of every quantity: python benchmarks/measurement_accuracy.py [--holes 400], about two minutes.

The holes are new: the model in pretrained/ was not trained on them. A pixel is 2.08 nm, a grey level 1 nm. Their ground
truth is measured on the same shapes, drawn eight times finer. It is compared with true depth maps in the contest's
form, which shows the error of drawing and measuring, and with predictions from SEM images. Trenches and lines are
measured in their depth maps only. Their ground truth is in closed form, from widths and walls without roughness.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.timing import machine
from data.grey_levels import FLOOR, LEVELS
from data.simulator import (
    Trench,
    clean_signal,
    depth_grey,
    normalised_depth,
    normalised_trench_depth,
    random_hole,
    random_line,
    random_trench,
    sem_image,
)
from data.simulator.hole_geometry import HEIGHT, WIDTH, inset
from data.simulator.instrument import REAL
from models import Predictor
from util.metrology import BOTTOM, HALF, QUANTITIES, TOP, UNCERTAIN, difference, measure_holes
from util.results import ResultBuilder

PIXEL_NM, OVERSAMPLING, SEED = 2.08, 8, 5000
Measurements = dict[str, NDArray[np.float64]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holes", type=int, default=400, help="holes, trenches and lines to measure (400)")
    count = parser.parse_args().holes
    torch.set_num_threads(1)
    truth, true_maps, predicted = measure_all_holes(count)
    print(
        "| quantity | ground truth, mean ± sd | depth map: bias | 3 sigma | prediction: bias | 3 sigma "
        "| in the 90 % interval |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in QUANTITIES:
        if "_u90_" not in name:
            errors = [format_error(values[name], truth[name], name) for values in (true_maps, predicted)]
            coverage = ""
            if name in UNCERTAIN and np.isfinite(predicted[UNCERTAIN[name]]).any():
                inside = np.abs(predicted[name] - truth[name]) <= predicted[UNCERTAIN[name]]
                coverage = f"{inside.mean():.0%}"
            mean, sigma = np.nanmean(truth[name]), np.nanstd(truth[name])
            print(f"| {name} | {mean:.6g} ± {sigma:.3g} | {errors[0]} | {errors[1]} | {coverage} |")
    for title, draw in (("trenches", random_trench), ("lines", random_line)):
        print(f"\n| {count} {title} | ground truth, mean ± sd | depth map: bias | 3 sigma |\n| --- | --- | --- | --- |")
        true_widths, measured = measure_trenches(count, draw)
        for name, values in true_widths.items():
            error = format_error(measured[name], values, name)
            print(f"| {name} | {values.mean():.4g} ± {values.std():.2g} | {error} |")
    print(f"\n{count} of each, {PIXEL_NM} nm a pixel, 1 nm a grey level; {machine()}")
    return 0


def format_error(measured: NDArray, truth: NDArray, name: str) -> str:
    """Bias and 3 sigma as two cells of the table."""
    error = difference(name, measured, truth)
    return f"{np.nanmean(error):+.2g} | {3 * np.nanstd(error):.2g}"


def measure_all_holes(count: int) -> tuple[Measurements, Measurements, Measurements]:
    """Measurements (N,) of holes by quantity: ground truth, in their true depth maps, in their predictions."""
    level, sem, maps, fine = np.resize(LEVELS, count), [], [], []
    for n in tqdm(range(count), "simulating", leave=False):
        rng = np.random.default_rng([SEED, n])
        shape = random_hole(rng)
        u = normalised_depth(shape)
        sem.append(sem_image(clean_signal((level[n] - FLOOR) * u, REAL), REAL, rng))
        maps.append(level[n] - depth_grey(u, level[n]).astype(np.float32))
        large = (level[n] - FLOOR) * normalised_depth(shape, (OVERSAMPLING * HEIGHT, OVERSAMPLING * WIDTH))
        fine.append(measure_holes(large[None], PIXEL_NM / OVERSAMPLING))
    truth = {name: np.concatenate([part[name] for part in fine]) for name in QUANTITIES}
    predictor = Predictor.load("pretrained/holes")
    predictions = [
        predictor.predict(np.stack(sem[n : n + 64])) for n in tqdm(range(0, count, 64), "predicting", leave=False)
    ]
    final, predicted_level, depth_u90, floor_depth = (
        np.concatenate([getattr(prediction, name) for prediction in predictions])
        for name in ("final", "level", "depth_u90", "floor_depth")
    )
    factors = ResultBuilder(1.0, PIXEL_NM).calibrated(predictor.recall_known()).factors
    predicted = measure_holes(predicted_level[:, None, None] - final, PIXEL_NM, depth_u90, factors=factors)
    predicted["depth_mean_u90_nm"] = floor_depth[:, 1]
    return truth, measure_holes(np.stack(maps), PIXEL_NM), predicted


def measure_trenches(count: int, draw: Callable[[np.random.Generator], Trench]) -> tuple[Measurements, Measurements]:
    """True widths (N,) [nm] of trenches or lines, and their measurements in depth maps of 110 nm."""
    shapes = [draw(np.random.default_rng([SEED, n])) for n in range(count)]
    maps = np.stack([110 * normalised_trench_depth(shape, (HEIGHT, WIDTH)) for shape in shapes])
    truth: Measurements = {}
    top_width, tilt, is_line = (
        np.array([getattr(shape, name) for shape in shapes]) for name in ("width", "tilt", "line")
    )
    for name, fraction in (("top", TOP), ("half", HALF), ("bottom", BOTTOM)):
        insets = [[inset(fraction, wall, shape.toe, shape.shoulder) for wall in shape.walls] for shape in shapes]
        walls = np.array(insets).sum(axis=1)
        width = top_width + np.where(is_line, walls, -walls)
        truth[f"cd_{name}_x_nm"] = width / np.cos(tilt) * PIXEL_NM
    return truth, measure_holes(maps, PIXEL_NM, lines=shapes[0].line)


if __name__ == "__main__":
    sys.exit(main())
