"""Batches of SEM images and depth maps that are not pairs."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, stratified_subset
from ..errors import collect_errors
from ..exchanged_domains import refuse_exchanged
from .base import BatchedDataset
from .image_stack import read_usable


class UnpairedDataset(BatchedDataset):
    """Batches {"sem", "depth"}: float32 (N, 1, H, W), [grey level 0..255].

    As in the published CycleGAN loader, an epoch is as long as the larger domain. SEM images come in a shuffled order,
    each with a random depth map.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        count, unchanged = options.max_dataset_size, replace(options, data_bar=0)
        (_, sem), (_, depth) = collect_errors(
            lambda: read_usable(stratified_subset(layout.sem(), count), options, "reading SEM images"),
            lambda: read_usable(stratified_subset(layout.depth(), count), unchanged, "reading depth maps"),
        )
        images = {"sem": sem, "depth": depth}
        refuse_exchanged(images, *layout.training_folders)
        super().__init__(images, max(len(stack) for stack in images.values()), options, batch_size, seed)

    def eval_set(self, count: int = 32) -> dict[str, NDArray]:
        """`count` images (N, H, W) [grey level 0..255] of each domain, evenly spaced over the files."""
        return {name: stack[:: max(1, len(stack) // count)][:count] for name, stack in self.images.items()}

    def _order(self) -> NDArray[np.int64]:
        """Indices (2, length) of this epoch's SEM images and depth maps."""
        counts = len(self.images["sem"]), len(self.images["depth"])
        indices = np.arange(self.length)
        if self.options.serial_batches:
            return np.stack([indices % counts[0], indices % counts[1]])
        rng = np.random.default_rng([self.seed, self.epoch])
        return np.stack([rng.permutation(indices) % counts[0], rng.integers(counts[1], size=self.length)])

    def _batch(self, batch_slice: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        sem, depth = self.order[:, batch_slice]
        (sem,) = self._augment(rng, sem=sem)
        (depth,) = self._augment(rng, depth=depth)
        return {"sem": sem, "depth": depth}
