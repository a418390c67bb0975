"""Batches of simulated pairs together with real images and their level, for training across the two domains."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout
from ..errors import DataError, collect_errors
from .base import BatchedDataset, even_indices
from .image_stack import size_text
from .labelled import LabelledDataset
from .paired import PairedDataset

IMAGES_PER_EPOCH = 3200  # fixed: training time does not depend on the size of the data set
MAX_REAL_IMAGES = 2048  # in the evaluation set


class SimToRealDataset(BatchedDataset):
    """Batches {"sem", "depth", "level"} of simulated pairs as from `PairedDataset`, and {"real", "real_level"} of real
    images as from `LabelledDataset`; all [grey level 0..255].

    No image is mirrored: depth maps are centred beside the middle of the image, and mirroring would move that centre.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        options = replace(options, flip=False)
        self.pairs, self.real = collect_errors(
            lambda: PairedDataset(layout, options, batch_size, seed),
            lambda: LabelledDataset(layout, options, batch_size, seed),
        )
        simulated_image, real_image = self.pairs.images["sem"][0], self.real.images["sem"][0]
        if simulated_image.shape != real_image.shape:
            raise DataError(
                f"{layout.root}: simulated images are {size_text(simulated_image)} and real ones "
                f"{size_text(real_image)}; use --preprocess resize --load_size H,W"
            )
        images = {**self.pairs.images, "real": self.real.images["sem"]}
        super().__init__(images, max(IMAGES_PER_EPOCH, batch_size), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Validation pairs, and images that describe both domains, (N, H, W) [grey level 0..255].

        `sem`, `depth`, `level`: validation pairs. `real`, `real_level`: real images, evenly spaced; `real_held_out`
        (N,) is True for validation images. `library`, `library_level`: the deepest depth map of every stem;
        `library_held_out` (N,) is True for validation stems.
        """
        deepest: dict[str, int] = {}
        is_validation_stem: dict[str, bool] = {}
        val_indices = set(self.pairs.val_indices.tolist())
        for index, (stem, depth_index) in enumerate(zip(self.pairs.groups, self.pairs.depth_of, strict=True)):
            is_validation_stem[stem] = index in val_indices
            if stem not in deepest or self.pairs.level[depth_index] > self.pairs.level[deepest[stem]]:
                deepest[stem] = int(depth_index)
        depth_indices = np.array(list(deepest.values()))
        real_indices = even_indices(len(self.real.level), MAX_REAL_IMAGES)
        return {
            **self.pairs.eval_set(),
            "real": self.real.images["sem"][real_indices],
            "real_level": self.real.level[real_indices],
            "real_held_out": np.isin(real_indices, self.real.val_indices),
            "library": self.pairs.images["depth"][depth_indices],
            "library_level": self.pairs.level[depth_indices],
            "library_held_out": np.array([is_validation_stem[stem] for stem in deepest]),
        }

    def _batch(self, batch_slice: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        positions = self.order[batch_slice]
        sem_indices = self.pairs.train_indices[positions % len(self.pairs.train_indices)]
        real_indices = rng.choice(self.real.train_indices, len(positions))
        depth_indices = self.pairs.depth_of[sem_indices]
        sem, depth = self._augment(rng, sem=sem_indices, depth=depth_indices)
        (real,) = self._augment(rng, real=real_indices)
        levels = {"level": self.pairs.level[depth_indices], "real_level": self.real.level[real_indices]}
        return {"sem": sem, "depth": depth, "real": real, **levels}
