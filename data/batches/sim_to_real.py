"""Batches of simulated pairs together with real images and their level, for training across the two domains."""

from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout
from ..errors import DataError, collect_errors
from ..instrument_fit import (
    FULL,
    QUICK,
    Reshaping,
    count_steps,
    default_pixel_nm,
    depths_of_levels,
    fit_instrument,
    match_brightness,
    normalise_maps,
    render_shapes,
)
from .base import BatchedDataset, even_indices
from .image_stack import size_text
from .labelled import LabelledDataset
from .paired import PairedDataset

IMAGES_PER_EPOCH = 3200  # fixed: training time does not depend on the size of the data set
MAX_REAL_IMAGES = 2048  # in the evaluation set
N_FITTED = 1600  # renderings by the fitted instrument
FEW_REAL = 200  # training images with which levels are learned from fitted renderings, too
MIN_REAL_OF_FIT, MIN_STEMS_OF_FIT = 32, 16  # fewer determine no instrument: the fit is quick, and renderings are few


class SimToRealDataset(BatchedDataset):
    """Batches {"sem", "depth", "level"} of simulated pairs as from `PairedDataset`, {"real", "real_level"} of real
    images as from `LabelledDataset`, whose levels may be UNKNOWN, and {"fitted", "fitted_u", "fitted_level"} of
    `fitted_renderings`, whose levels are UNKNOWN, too, where real images are many; all images [grey level 0..255].

    No image is mirrored: depth maps are centred beside the middle of the image, and mirroring would move that centre.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        if not layout.contest:
            raise DataError(
                f"{layout.root}: has no real images beside its pairs; arrange the images in train/SEM (real), "
                "simulation_data/SEM and simulation_data/Depth (pairs)"
            )
        options = replace(options, flip=False)
        self.pairs, self.real = collect_errors(
            lambda: PairedDataset(layout, options, batch_size, seed),
            lambda: LabelledDataset(layout, options, batch_size, seed, needs_levels=False),
        )
        simulated_image, real_image = self.pairs.images["sem"][0], self.real.images["sem"][0]
        if simulated_image.shape != real_image.shape:
            raise DataError(
                f"{layout.root}: simulated images are {size_text(simulated_image)} and real ones "
                f"{size_text(real_image)}; use --preprocess resize --load_size H,W"
            )
        images = {**self.pairs.images, "real": self.real.images["sem"]}
        try:
            self.average_depth = layout.average_depth()
        except DataError:  # a table of averages is optional
            self.average_depth = {}
        super().__init__(images, max(IMAGES_PER_EPOCH, batch_size), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Validation pairs, and images that describe both domains, (N, H, W) [grey level 0..255].

        `sem`, `depth`, `level`: validation pairs. `real`, `real_level`: real images, evenly spaced; `real_held_out`
        (N,) is True for validation images. `library`, `library_level`: the deepest depth map of every stem;
        `library_held_out` (N,) is True for validation stems. `fitted`, `fitted_u`, `fitted_level`: `fitted_renderings`.
        """
        real_indices = even_indices(len(self.real.level), MAX_REAL_IMAGES)
        library, held_out = self._library
        return {
            **self.pairs.eval_set(),
            "real": self.real.images["sem"][real_indices],
            "real_level": self.real.level[real_indices],
            "real_held_out": np.isin(real_indices, self.real.val_indices),
            "library": library,
            "library_level": library.max(axis=(1, 2)).astype(np.int64),
            "library_held_out": held_out,
            **self.fitted_renderings,
        }

    @cached_property
    def fitted_renderings(self) -> dict[str, NDArray]:
        """Renderings by an instrument that is fitted to the real training images, without stage jitter.

        `fitted` uint8 (M, H, W) [grey level], of `fitted_u` float16 (M, H, W), normalised depths of training stems and
        of a wider population, at `fitted_level` int64 (M,) [grey level], UNKNOWN where that of the real images is.
        `reshaped` () is True where the real holes have other walls or sizes than the library's; then the renderings
        have them, too. Always the same for one seed; M is 0, and a line says why, where no instrument can be fitted.
        """
        library, held_out = self._library
        shapes = normalise_maps(library[~held_out])
        real, real_level = (stack[self.real.train_indices] for stack in (self.real.images["sem"], self.real.level))
        levels, index = np.unique(real_level, return_inverse=True)
        depth_nm = depths_of_levels(levels, self.average_depth)
        is_quick = len(real) < MIN_REAL_OF_FIT or len(shapes) < MIN_STEMS_OF_FIT
        effort, count = (QUICK, len(real)) if is_quick else (FULL, N_FITTED)
        bar = partial(tqdm, leave=False, disable=None)
        try:
            with bar(desc="fitting the instrument", total=count_steps(effort), unit="step") as steps:
                pixel_nm = default_pixel_nm(real.shape[1:])
                fit = fit_instrument(real, index, depth_nm, shapes, pixel_nm, effort, steps.update)
        except DataError as error:
            tqdm.write(f"no renderings by a fitted instrument: {error}")
            size = (0, *real.shape[1:])
            nothing = np.zeros(size, np.uint8), np.zeros(size, np.float16), np.zeros(0, np.int64)
            return _name_fitted(*nothing, Reshaping())
        if fit.reshaping != Reshaping():
            tqdm.write(f"the real holes are not those of the library: {fit.reshaping.describe()}")
            shapes = fit.reshaping.apply(shapes)
        progress = partial(bar, desc="rendering by the fitted instrument", unit="image")
        images, u, index_of = render_shapes(fit.instrument, shapes, depth_nm, count, self.seed, progress)
        return _name_fitted(match_brightness(images, index_of, real, index), u, levels[index_of], fit.reshaping)

    @cached_property
    def _library(self) -> tuple[NDArray, NDArray[np.bool_]]:
        """The deepest depth map of every stem (N, H, W) [grey level], and whether the stem is for validation (N,)."""
        deepest: dict[str, int] = {}
        is_validation_stem: dict[str, bool] = {}
        val_indices = set(self.pairs.val_indices.tolist())
        for index, (stem, depth_index) in enumerate(zip(self.pairs.groups, self.pairs.depth_of, strict=True)):
            is_validation_stem[stem] = index in val_indices
            if stem not in deepest or self.pairs.level[depth_index] > self.pairs.level[deepest[stem]]:
                deepest[stem] = int(depth_index)
        depth_indices = np.array(list(deepest.values()))
        return self.pairs.images["depth"][depth_indices], np.array([is_validation_stem[stem] for stem in deepest])

    def _batch(self, batch_slice: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        positions = self.order[batch_slice]
        sem_indices = self.pairs.train_indices[positions % len(self.pairs.train_indices)]
        real_indices = rng.choice(self.real.train_indices, len(positions))
        depth_indices = self.pairs.depth_of[sem_indices]
        sem, depth = self._augment(rng, sem=sem_indices, depth=depth_indices)
        (real,) = self._augment(rng, real=real_indices)
        levels = {"level": self.pairs.level[depth_indices], "real_level": self.real.level[real_indices]}
        return {"sem": sem, "depth": depth, "real": real, **levels, **self._fitted_batch(rng, len(positions))}

    def _fitted_batch(self, rng: np.random.Generator, count: int) -> dict[str, NDArray]:
        images, shapes, level = (self.fitted_renderings[name] for name in ("fitted", "fitted_u", "fitted_level"))
        indices = rng.integers(len(images), size=count if len(images) else 0)
        fitted, u = (stack[indices].astype(np.float32)[:, None] for stack in (images, shapes))
        is_needed = len(self.real.train_indices) < FEW_REAL
        return {"fitted": fitted, "fitted_u": u, "fitted_level": level[indices] * is_needed}


def _name_fitted(images: NDArray, u: NDArray, level: NDArray, reshaping: Reshaping) -> dict[str, NDArray]:
    is_reshaped = np.array(reshaping != Reshaping())
    return {"fitted": images, "fitted_u": u, "fitted_level": level, "reshaped": is_reshaped}
