"""Batches of simulated SEM images, each with its depth map."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, even_subset, stratified_subset
from ..errors import DataError, collect_errors
from ..exchanged_domains import refuse_exchanged
from ..image_names import sites_of
from .base import N_VALIDATION, BatchedDataset, validation_split
from .image_stack import read_usable, size_text


class PairedDataset(BatchedDataset):
    """Batches {"sem", "depth", "level"}: float32 (N, 1, H, W) twice, and int64 (N,); all [grey level 0..255].

    Every noise realisation of a stem comes once per epoch; image and depth map get the same mirroring. Every eighth
    stem is for validation, with all its cases: a shape must not be on both sides.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        pairs = layout.pairs()
        sem_files = stratified_subset(list(pairs), options.max_dataset_size)
        depth_files = sorted({pairs[file] for file in sem_files}, key=lambda file: file.name)
        (sem_files, sem), (depth_files, depth) = collect_errors(
            lambda: read_usable(sem_files, options, "reading simulated SEM images"),
            lambda: read_usable(depth_files, replace(options, data_bar=0), "reading depth maps"),
        )
        usable = set(depth_files)
        usable_rows = [n for n, file in enumerate(sem_files) if pairs[file] in usable]
        if len(usable_rows) < len(sem_files):
            sem_files, sem = [sem_files[n] for n in usable_rows], sem[usable_rows]
        images = {"sem": sem, "depth": depth}
        refuse_exchanged(images, *layout.paired_folders)
        if images["sem"].shape[1:] != images["depth"].shape[1:]:
            raise DataError(
                f"{sem_files[0].path} is {size_text(images['sem'][0])} and its depth map "
                f"{size_text(images['depth'][0])}; use --preprocess resize --load_size H,W"
            )
        depth_index = {file: n for n, file in enumerate(depth_files)}
        self.depth_of = np.array([depth_index[pairs[file]] for file in sem_files])
        self.level = images["depth"].max(axis=(1, 2)).astype(np.int64)
        self.files, self.groups = sem_files, sites_of(sem_files)
        is_validation = validation_split(self.groups)
        self.train_indices, self.val_indices = np.flatnonzero(~is_validation), np.flatnonzero(is_validation)
        if not len(self.val_indices):
            raise DataError(f"{sem_files[0].path.parent}: only one stem; a second is needed for validation")
        super().__init__(images, len(self.train_indices), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Validation pairs and their levels, evenly spaced over stems and cases."""
        indices = even_subset(self.val_indices, N_VALIDATION)
        depth_indices = self.depth_of[indices]
        sem, depth = self.images["sem"][indices], self.images["depth"][depth_indices]
        return {"sem": sem, "depth": depth, "level": self.level[depth_indices]}

    def _batch(self, batch_slice: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        indices = self.train_indices[self.order[batch_slice]]
        depth_indices = self.depth_of[indices]
        sem, depth = self._augment(rng, sem=indices, depth=depth_indices)
        return {"sem": sem, "depth": depth, "level": self.level[depth_indices]}
