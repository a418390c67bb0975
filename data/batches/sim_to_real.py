"""Batches of simulated pairs together with real images and their level, for training across the two domains."""

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, even_subset
from ..errors import DataError, collect_errors, printable
from ..instrument_fit import Reshaping, default_pixel_nm, depths_of_levels, normalise_maps
from .base import BatchedDataset
from .fitted_domain import FittedDomain
from .image_stack import cache_path, size_text
from .labelled import LabelledDataset
from .paired import PairedDataset
from .pixel_width import width_of_domains
from .real_levels import average_depth_if_usable

IMAGES_PER_EPOCH = 3200  # fixed: training time does not depend on the size of the data set
MAX_REAL_IMAGES = 2048  # in the evaluation set
MAX_HEADERS = 400  # of a domain that are asked for a pixel size
FEW_REAL = 200  # training images with which levels are learned from fitted renderings, too


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
        self.average_depth = average_depth_if_usable(layout)
        super().__init__(images, max(IMAGES_PER_EPOCH, batch_size), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Validation pairs, and images that describe both domains, (N, H, W) [grey level 0..255].

        `sem`, `depth`, `level`: validation pairs. `real`, `real_level`: real images, evenly spaced; `real_held_out`
        (N,) is True for validation images. `library`, `library_level`: the deepest depth map of every stem;
        `library_held_out` (N,) is True for validation stems. `fitted`, `fitted_u`, `fitted_level`: `fitted_renderings`.
        """
        real_indices = even_subset(np.arange(len(self.real.level)), MAX_REAL_IMAGES)
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
        domain = FittedDomain(real, index, depth_nm, shapes, self._find_pixel_nm(), self.seed)
        path = cache_path(f"fitted_instrument_seed_{self.seed}", self.options) if self.options.cache else None
        made, reshaping = domain.render(path)
        is_reshaped = np.array(reshaping != Reshaping())
        level = levels[made["index"]]
        return {"fitted": made["images"], "fitted_u": made["u"], "fitted_level": level, "reshaped": is_reshaped}

    def _find_pixel_nm(self) -> float:
        """Pixel size [nm] that the headers of the real images state; the default where they state none, or where they
        cannot be used, which a line says."""
        default_nm = default_pixel_nm(self.real.images["sem"].shape[1:])
        real, simulated = (
            [dataset.files[n] for n in even_subset(dataset.train_indices, MAX_HEADERS)]
            for dataset in (self.real, self.pairs)
        )
        try:
            stated_nm = width_of_domains(real, simulated)
            if stated_nm and "resize" in self.options.preprocess:
                raise DataError(f"headers state {stated_nm:g} nm for images that --preprocess resizes")
        except DataError as error:
            check = f"`python -m data.check {printable(self.options.dataroot)}` lists what files state"
            tqdm.write(f"pixel size: {default_nm:g} nm is used to fit the instrument: {error}; {check}")
            return default_nm
        return stated_nm or default_nm

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
