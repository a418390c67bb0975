"""Bias and 3 sigma of every measure: python benchmarks/measures.py [--holes 400], a minute or two on one core.

New simulated holes, none of which the model in pretrained/ has seen, at 2.08 nm a pixel and 1 nm a grey level. Their
truth is measured on the same shapes, drawn eight times finer. Beside it: depth maps as the contest has them, which
says what drawing and measuring cost, and what the model predicts from SEM images. Trenches and lines are measured in
their depth maps alone; their truth follows in closed form from their widths and walls, without the roughness.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks.timing import machine
from data.grey_levels import FLOOR, LEVELS
from data.simulator.hole_geometry import HEIGHT, WIDTH, depth_grey, inset, normalised_depth, random_hole
from data.simulator.image_formation import clean_signal, sem_image
from data.simulator.instrument import REAL
from data.simulator.trench_geometry import normalised_trench_depth, random_line, random_trench
from models import Predictor
from util.metrology.hole_measurement import measure_holes
from util.metrology.quantity_names import QUANTITIES, UNCERTAIN, difference

PIXEL_NM, FINER, SEED = 2.08, 8, 5000
Measures = dict[str, NDArray[np.float64]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holes", type=int, default=400)
    count = parser.parse_args().holes
    torch.set_num_threads(1)
    truth, exact, predicted = holes(count)
    print(
        "| measure | truth, mean ± sd | depth map: bias | 3 sigma | prediction: bias | 3 sigma | in the 90 % interval |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in QUANTITIES:
        if "_u90_" not in name:
            said = [apart(one[name], truth[name], name) for one in (exact, predicted)]
            held = ""
            if name in UNCERTAIN:
                inside = np.abs(predicted[name] - truth[name]) <= predicted[UNCERTAIN[name]]
                held = f"{inside.mean():.0%}"
            mean, spread = np.nanmean(truth[name]), np.nanstd(truth[name])
            print(f"| {name} | {mean:.6g} ± {spread:.3g} | {said[0]} | {said[1]} | {held} |")
    for kind, draw in (("trenches", random_trench), ("lines", random_line)):
        print(f"\n| {count} {kind} | truth, mean ± sd | depth map: bias | 3 sigma |\n| --- | --- | --- | --- |")
        true, found = trenches(count, draw)
        for name, values in true.items():
            print(f"| {name} | {values.mean():.4g} ± {values.std():.2g} | {apart(found[name], values, name)} |")
    print(f"\n{count} of each, {PIXEL_NM} nm a pixel, 1 nm a grey level; {machine()}")
    return 0


def apart(found: NDArray, truth: NDArray, name: str) -> str:
    """Bias and 3 sigma, with a cell's border between them."""
    error = difference(name, found, truth)
    return f"{np.nanmean(error):+.2g} | {3 * np.nanstd(error):.2g}"


def holes(count: int) -> tuple[Measures, Measures, Measures]:
    """The measures of holes in truth, in their depth maps and in their predictions."""
    level, sem, maps, fine = np.resize(LEVELS, count), [], [], []
    for n in tqdm(range(count), "simulating", leave=False):
        rng = np.random.default_rng([SEED, n])
        shape = random_hole(rng)
        u = normalised_depth(shape)
        sem.append(sem_image(clean_signal((level[n] - FLOOR) * u, REAL), REAL, rng))
        maps.append(level[n] - depth_grey(u, level[n]).astype(np.float32))
        large = (level[n] - FLOOR) * normalised_depth(shape, (FINER * HEIGHT, FINER * WIDTH))
        fine.append(measure_holes(large[None], PIXEL_NM / FINER))
    truth = {name: np.concatenate([one[name] for one in fine]) for name in QUANTITIES}
    predictor = Predictor.load("pretrained/holes")
    answers = [
        predictor.predict(np.stack(sem[n : n + 64])) for n in tqdm(range(0, count, 64), "predicting", leave=False)
    ]
    final, found, interval, floor = (
        np.concatenate([getattr(one, name) for one in answers]) for name in ("final", "level", "interval", "floor")
    )
    predicted = measure_holes(found[:, None, None] - final, PIXEL_NM, interval)
    predicted["depth_mean_u90_nm"] = floor[:, 1]
    return truth, measure_holes(np.stack(maps), PIXEL_NM), predicted


def trenches(count: int, draw) -> tuple[Measures, Measures]:
    """The widths of trenches or lines in truth, and their measures in depth maps of 110 nm."""
    drawn = [draw(np.random.default_rng([SEED, n])) for n in range(count)]
    maps = np.stack([110 * normalised_trench_depth(one, (HEIGHT, WIDTH)) for one in drawn])
    truth: Measures = {}
    for name, share in (("top", 0.1), ("half", 0.5), ("bottom", 0.9)):
        walls = np.array([[inset(share, wall, one.toe, one.shoulder) for wall in one.walls] for one in drawn]).sum(
            axis=1
        )
        width = np.array([one.width for one in drawn]) + np.where([one.line for one in drawn], walls, -walls)
        truth[f"cd_{name}_x_nm"] = width / np.cos([one.tilt for one in drawn]) * PIXEL_NM
    return truth, measure_holes(maps, PIXEL_NM, lines=drawn[0].line)


if __name__ == "__main__":
    sys.exit(main())
