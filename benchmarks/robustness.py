"""How artefacts of an image change its depth map, and whether the image is flagged as out of distribution (OOD).

    python benchmarks/robustness.py checkpoints/NAME DATAROOT

Draws artefacts into the data set's test images: border lines, dead lines, particles, drift, data bars, hot pixels, and
gradients. Growth is the RMSE of the final depth maps minus that of the clean images. Of all places of an artefact the
worst is shown. Bad lines are filled, as test.py does it; --keep_bad_lines shows what the model makes of them.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data import read_grey, repair_lines
from models import Predictor

Image = NDArray[np.float32]  # (H, W) [grey level]
Draw = Callable[[Image, np.random.Generator], Image]
BLACK, WHITE = 0.0, 255.0  # [grey level]
MAX_GROWTH = 0.5  # [grey level]
SIDES = {"top": (0, False), "bottom": (0, True), "left": (1, False), "right": (1, True)}  # axis, and whether at its end
PLACES = {"corner": (0.07, 0.12), "surface": (0.05, 0.5), "wall": (0.5, 0.19), "floor": (0.45, 0.5)}  # of a particle
LINES = {  # axis, and place on it
    "row in the hole": (0, 0.45),
    "row outside": (0, 0.06),
    "column in the hole": (1, 0.5),
    "column outside": (1, 0.06),
}


def draw_border(image: Image, rng: np.random.Generator, side: str, width: int, grey: float | None) -> Image:
    """`width` lines at a side of one grey level; None is wrapped: the lines of the other side."""
    axis, at_end = SIDES[side]
    lines = np.moveaxis(image.copy(), axis, 0)
    own, other = (slice(-width, None), slice(None, width)) if at_end else (slice(None, width), slice(-width, None))
    lines[own] = lines[other].copy() if grey is None else grey
    return np.moveaxis(lines, 0, axis)


def draw_dead_line(image: Image, rng: np.random.Generator, place: str, grey: float | None) -> Image:
    """One line of one grey level; None is a copy of the line three before it."""
    axis, fraction = LINES[place]
    lines = np.moveaxis(image.copy(), axis, 0)
    n = round(fraction * len(lines))
    lines[n] = lines[n - 3] if grey is None else grey
    return np.moveaxis(lines, 0, axis)


def draw_particle(image: Image, rng: np.random.Generator, place: str, fraction: float, grey: float) -> Image:
    """A disc on `fraction` of the area, with an edge of 1 px and the image's noise."""
    height, width = image.shape
    y, x = PLACES[place] * np.array(image.shape) + rng.uniform(-2, 2, 2)
    rows, columns = np.mgrid[:height, :width]
    radius = np.sqrt(fraction * image.size / np.pi)
    inside = np.clip(radius + 0.5 - np.hypot(rows - y, columns - x), 0, 1)
    return image + inside * (grey + rng.normal(0, 5, image.shape) - image)


def draw_drift(image: Image, rng: np.random.Generator, axis: int, drift: float) -> Image:
    """The image moves evenly by `drift` [px] along an axis while its rows are scanned; the middle row stays."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(float)
    offset = rng.choice([-1, 1]) * drift * (rows / (len(image) - 1) - 0.5)
    places = [rows + offset, columns] if axis == 0 else [rows, columns + offset]
    return map_coordinates(image, places, order=1, mode="nearest")


def draw_line_jitter(image: Image, rng: np.random.Generator, offset: int) -> Image:
    """Four rows are displaced by `offset` [px]."""
    image = image.copy()
    for row in rng.choice(len(image), 4, replace=False):
        image[row] = np.roll(image[row], rng.choice([-1, 1]) * offset)
    return image


def draw_bar(image: Image, rng: np.random.Generator, side: str, rows: int, grey: float) -> Image:
    """A data bar over some rows, with text on a third of it if there is room."""
    image = image.copy()
    bar = image[-rows:] if side == "bottom" else image[:rows]
    bar[:] = grey
    if rows > 3:
        text = bar[1:-1, 4 : image.shape[1] // 2]
        text[rng.random(text.shape) < 0.4] = 255 - grey
    return image


def draw_hot_pixels(image: Image, rng: np.random.Generator, count: int, grey: float) -> Image:
    """Single pixels of one grey level."""
    image = image.copy()
    image.flat[rng.choice(image.size, count, replace=False)] = grey
    return image


def draw_gradient(image: Image, rng: np.random.Generator, axis: int, strength: float) -> Image:
    """The brightness changes evenly along an axis, by `strength` from end to end."""
    ramp = np.expand_dims(np.linspace(-0.5, 0.5, image.shape[axis]), 1 - axis)
    return image * (1 + rng.choice([-1, 1]) * strength * ramp)


def list_artefacts() -> dict[str, dict[str, Draw]]:
    """By name of the artefact and by its place, what draws it."""
    greys = {"black": BLACK, "white": WHITE}
    artefacts: dict[str, dict[str, Draw]] = {}
    for name, grey in (greys | {"wrapped": None}).items():
        for width in (1, 2):
            fn = partial(draw_border, width=width, grey=grey)
            artefacts[f"border, {width} px, {name}"] = {side: partial(fn, side=side) for side in SIDES}
    for name, grey in (greys | {"copied": None}).items():
        fn = partial(draw_dead_line, grey=grey)
        artefacts[f"dead line, {name}"] = {place: partial(fn, place=place) for place in LINES}
    for name, grey in {"bright": 235.0, "dark": 15.0}.items():
        for fraction in (0.003, 0.01, 0.02):
            fn = partial(draw_particle, fraction=fraction, grey=grey)
            artefacts[f"particle on {fraction:.1%}, {name}"] = {place: partial(fn, place=place) for place in PLACES}
    axes = {"along y": 0, "along x": 1}
    for drift in (0.5, 1.0, 2.0):
        fn = partial(draw_drift, drift=drift)
        artefacts[f"drift of {drift:g} px"] = {name: partial(fn, axis=n) for name, n in axes.items()}
    for offset in (1, 2):
        artefacts[f"four rows displaced by {offset} px"] = {"": partial(draw_line_jitter, offset=offset)}
    for rows in (3, 6):
        for name, grey in greys.items():
            fn = partial(draw_bar, rows=rows, grey=grey)
            artefacts[f"data bar, {rows} rows, {name}"] = {side: partial(fn, side=side) for side in ("top", "bottom")}
    for name, grey in greys.items():
        artefacts[f"10 pixels, {name}"] = {"": partial(draw_hot_pixels, count=10, grey=grey)}
    for strength in (0.05, 0.1):
        fn = partial(draw_gradient, strength=strength)
        artefacts[f"gradient of {strength:.0%}"] = {name: partial(fn, axis=n) for name, n in axes.items()}
    return artefacts


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of a depth_pipeline's training")
    parser.add_argument("dataroot", type=Path, help="data set with the ground truth of its test images")
    parser.add_argument("--count", type=int, default=100, help="images of each artefact (100)")
    parser.add_argument("--keep_bad_lines", action="store_true", help="do not fill bad lines")
    args = parser.parse_args()
    predictor = Predictor.load(args.run)
    names = sorted((args.dataroot / "test/SEM").glob("*.png"))[: args.count]
    sem = np.stack([read_grey(path) for path in names]).astype(np.float32)
    truth = np.stack([read_grey(args.dataroot / "test/Depth" / path.name) for path in names]).astype(np.float32)
    clean, is_ood = predict(predictor, sem, truth)
    print("| artefact | worst place | growth | flagged OOD | growth, not flagged | > 0.5 and not flagged |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(f"| none | | RMSE {rmse(clean):.2f} | {is_ood.mean():.0%} | | |")
    for name, places in list_artefacts().items():
        rows = []
        for place, draw in places.items():
            images = draw_all(draw, sem)
            if not args.keep_bad_lines:
                images = np.stack([repair_lines(image)[0] for image in images])
            rows.append((place, *compare(clean, *predict(predictor, images, truth))))
        place, growth, flagged, unflagged, failed = max(rows, key=lambda row: (row[-1], row[1]))
        print(f"| {name} | {place} | {growth:+.2f} | {flagged:.0%} | {unflagged:+.2f} | {failed:.0%} |", flush=True)
    return 0


def draw_all(draw: Draw, sem: NDArray) -> NDArray[np.uint8]:
    """Images (N, H, W) [grey level] with an artefact, as a file of 8 bits holds them."""
    drawn = [draw(image, np.random.default_rng(n)) for n, image in enumerate(sem)]
    return np.rint(np.clip(drawn, 0, 255)).astype(np.uint8)


def compare(clean: NDArray, squared: NDArray, is_ood: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Growth of the RMSE, fraction of flagged images, growth of the others, and fraction of images whose error grows by
    more than MAX_GROWTH without a flag; from mean squared errors (N,) without and with the artefact."""
    failed = (np.sqrt(squared) - np.sqrt(clean) > MAX_GROWTH) & ~is_ood
    unflagged = rmse(squared[~is_ood]) - rmse(clean[~is_ood]) if not is_ood.all() else 0.0
    return rmse(squared) - rmse(clean), float(is_ood.mean()), unflagged, float(failed.mean())


def predict(predictor: Predictor, sem: NDArray, truth: NDArray) -> tuple[NDArray, NDArray]:
    """Mean squared errors (N,) of the final depth maps, and whether images (N, H, W) are out of distribution (N,)."""
    parts = [predictor.predict(part) for part in np.array_split(sem, -(-len(sem) // 50))]
    if parts[0].ood_score is None or parts[0].final is None:
        raise SystemExit("robustness.py: this run has no OOD scores; use the run of a depth_pipeline")
    depth = np.concatenate([part.final for part in parts])
    return np.square(np.rint(depth) - truth).mean(axis=(1, 2)), np.concatenate([part.ood_score for part in parts]) > 1


def rmse(squared: NDArray) -> float:
    return float(np.sqrt(squared.mean()))


if __name__ == "__main__":
    sys.exit(main())
