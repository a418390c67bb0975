"""Batches of simulated SEM images, each with the depth map that it belongs to."""

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import Layout, drawn_evenly
from ..errors import DataError, all_of
from .base import Batches, evenly, held_out
from .image_stack import read_usable, size

JUDGED_BY = 512  # images


class PairedBatches(Batches):
    """Batches {"sem", "depth", "level"}: float32 (N, 1, H, W) twice, and int64 (N,); all [grey level 0..255].

    Every noise realisation of a stem comes once an epoch, both mirrored alike. Every eighth stem is held out, with all
    its cases: the same shape on both sides would be no test.
    """

    def __init__(self, layout: Layout, options: DataOptions, batch_size: int, seed: int) -> None:
        pairs = layout.pairs()
        sem_files = drawn_evenly(list(pairs), options.max_dataset_size)
        depth_files = sorted({pairs[file] for file in sem_files}, key=lambda file: file.name)
        (sem_files, sem), (depth_files, depth) = all_of(
            lambda: read_usable(sem_files, options, "reading simulated SEM images"),
            lambda: read_usable(depth_files, options, "reading depth maps"),
        )
        usable = set(depth_files)
        kept = [n for n, file in enumerate(sem_files) if pairs[file] in usable]
        if len(kept) < len(sem_files):
            sem_files, sem = [sem_files[n] for n in kept], sem[kept]
        images = {"sem": sem, "depth": depth}
        if images["sem"].shape[1:] != images["depth"].shape[1:]:
            raise DataError(
                f"{sem_files[0].path} is {size(images['sem'][0])} and its depth map {size(images['depth'][0])}; "
                "say --preprocess resize --load_size H,W"
            )
        number = {file: n for n, file in enumerate(depth_files)}
        self.depth_of = np.array([number[pairs[file]] for file in sem_files])
        self.level = images["depth"].max(axis=(1, 2)).astype(np.int64)
        self.groups = [file.group for file in sem_files]
        apart = held_out(self.groups)
        self.training, self.apart = np.flatnonzero(~apart), np.flatnonzero(apart)
        if not len(self.apart):
            raise DataError(f"{sem_files[0].path.parent}: one stem only; a second is needed to judge the training by")
        super().__init__(images, len(self.training), options, batch_size, seed)

    def reference(self) -> dict[str, NDArray]:
        """Held-out pairs and their levels, evenly over stems and cases."""
        places = self.apart[evenly(len(self.apart), JUDGED_BY)]
        depth = self.depth_of[places]
        return {"sem": self.images["sem"][places], "depth": self.images["depth"][depth], "level": self.level[depth]}

    def _batch(self, part: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        places = self.training[self.order[part]]
        depth_places = self.depth_of[places]
        sem, depth = self._augmented(rng, sem=places, depth=depth_places)
        return {"sem": sem, "depth": depth, "level": self.level[depth_places]}
