"""Batches of simulated SEM images, each with the depth map that it belongs to."""

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, stratified_subset
from ..errors import DataError, collect_errors
from .base import BatchedDataset, even_indices, validation_split
from .image_stack import read_usable, size

N_VALIDATION = 512  # images


class PairedDataset(BatchedDataset):
    """Batches {"sem", "depth", "level"}: float32 (N, 1, H, W) twice, and int64 (N,); all [grey level 0..255].

    Every noise realisation of a stem comes once an epoch, both mirrored alike. Every eighth stem is held out, with all
    its cases: the same shape on both sides would be no test.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        pairs = layout.pairs()
        sem_files = stratified_subset(list(pairs), options.max_dataset_size)
        depth_files = sorted({pairs[file] for file in sem_files}, key=lambda file: file.name)
        (sem_files, sem), (depth_files, depth) = collect_errors(
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
        val_indices = validation_split(self.groups)
        self.train_indices, self.apart = np.flatnonzero(~val_indices), np.flatnonzero(val_indices)
        if not len(self.apart):
            raise DataError(f"{sem_files[0].path.parent}: one stem only; a second is needed to judge the training by")
        super().__init__(images, len(self.train_indices), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Held-out pairs and their levels, evenly over stems and cases."""
        places = self.apart[even_indices(len(self.apart), N_VALIDATION)]
        depth = self.depth_of[places]
        return {"sem": self.images["sem"][places], "depth": self.images["depth"][depth], "level": self.level[depth]}

    def _batch(self, part: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        places = self.train_indices[self.order[part]]
        depth_places = self.depth_of[places]
        sem, depth = self._augmented(rng, sem=places, depth=depth_places)
        return {"sem": sem, "depth": depth, "level": self.level[depth_places]}
