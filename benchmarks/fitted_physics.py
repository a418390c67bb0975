"""Renders true test depth maps by an instrument, and compares: python benchmarks/fitted_physics.py DATAROOT FILE.json

Prints, for images of a data set in the contest's layout with truth in test/Depth: how far the rendered half-level
contour stands from the measured one [px] (+ outside), by depth; the difference of the mean profiles [of the surface's
signal]; and the root mean square difference in grey levels at the same place, noise included, smoothed by 0.7 px.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, shift

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages lie beside this folder

from data.dataset_layout import DatasetLayout
from data.grey_levels import FLOOR
from data.instrument_fit.domain import normalise_maps
from data.instrument_fit.image_statistics import CENTRE, NAMES, measure_images, surface_grey
from data.instrument_fit.shape_renderings import ShapeRenderings
from data.io import read_grey
from data.simulator import Instrument

MAX_IMAGES, BORDER = 150, 4  # [px] that a shift may leave empty


def main(dataroot: str, instrument_file: str) -> int:
    """Prints the comparison."""
    layout = DatasetLayout(dataroot)
    truth = layout.truth_of(files := layout.test_sem()[:MAX_IMAGES])
    images = np.stack([read_grey(file.name) for file in files]).astype(np.float32)
    maps = np.stack([read_grey(truth[file.stem]) for file in files])
    depth = maps.max(axis=(1, 2)).astype(float) - FLOOR
    still = replace(Instrument.from_json(Path(instrument_file)), jitter_x_px=0.0, jitter_y_px=0.0)
    rendered = ShapeRenderings(normalise_maps(maps), depth, seed=5).render(still)
    measured, fitted = measure_images(images), measure_images(rendered)
    contour = (fitted - measured)[:, NAMES.index("size at 0.5")]
    by_depth = ", ".join(f"{value:.0f}: {contour[depth == value].mean():+.2f}" for value in np.unique(depth))
    print(f"half-level contour {contour.mean():+.3f} px, deviation {contour.std():.3f}; by depth {by_depth}")
    profile = np.nanmean((fitted - measured)[:, [name.startswith("profile") for name in NAMES]], axis=0)
    print(f"mean profiles {100 * np.sqrt(np.nanmean(profile**2)):.1f} % of the surface's signal")
    moves, squares = (measured - fitted)[:, CENTRE], []
    for image, rendering, move in zip(images, rendered.astype(np.float32), moves, strict=True):
        rendering *= surface_grey(image) / surface_grey(rendering)
        moved = shift(gaussian_filter(rendering, 0.7), move, order=1, mode="nearest")
        difference = moved - gaussian_filter(image, 0.7)
        squares.append(np.mean(difference[BORDER:-BORDER, BORDER:-BORDER] ** 2))
    print(f"grey levels {np.sqrt(np.mean(squares)):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else __doc__)
