"""Batches of SEM images and depth maps that do not belong together."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .layout import Layout, drawn_evenly
from .options import DataOptions
from .stack import height_width, read_stack, size

if TYPE_CHECKING:
    from torch.utils.data import DataLoader


class UnpairedBatches:
    """Batch k of an epoch, {"sem", "depth"}: float32 (N, 1, H, W), [grey level 0..255]; tensors from `loader`.

    A batch is a pure function of (seed, epoch, k): neither the number of workers nor where a run was interrupted can
    change it. As in the published loader an epoch is as long as the larger domain; SEM images come in a shuffled
    order, each with a depth map drawn at random.
    """

    def __init__(self, layout: Layout, options: DataOptions, batch_size: int, seed: int) -> None:
        count = options.max_dataset_size
        self.images = {
            "sem": read_stack(drawn_evenly(layout.sem(), count), options, "reading SEM images"),
            "depth": read_stack(drawn_evenly(layout.depth(), count), options, "reading depth maps"),
        }
        self.options, self.batch_size, self.seed = options, batch_size, seed
        self.epoch = 1
        self.crop = height_width(options.crop_size) if "crop" in options.preprocess else None
        for name, stack in self.images.items():
            if self.crop and any(have < want for have, want in zip(stack.shape[1:], self.crop, strict=True)):
                raise DataError(
                    f"{name} images are {size(stack[0])}: smaller than --crop_size {self.crop[0]},{self.crop[1]}"
                )
        self.length = max(len(stack) for stack in self.images.values())
        self.order = self._order()

    def __len__(self) -> int:
        return -(-self.length // self.batch_size)

    def __getitem__(self, k: int) -> dict[str, NDArray[np.float32]]:
        sem, depth = self.order
        part = slice(k * self.batch_size, (k + 1) * self.batch_size)
        rng = np.random.default_rng([self.seed, self.epoch, k, 1])
        return {"sem": self._assemble("sem", sem[part], rng), "depth": self._assemble("depth", depth[part], rng)}

    def reference(self, count: int = 32) -> dict[str, NDArray]:
        """The same images (N, H, W) [grey level 0..255] of each domain each time, evenly over the files."""
        return {name: stack[:: max(1, len(stack) // count)][:count] for name, stack in self.images.items()}

    def loader(self, epoch: int, start: int = 0) -> "DataLoader":
        """The batches of `epoch` from number `start` on."""
        from torch import Generator  # here, so that making a data set does not wait for torch
        from torch.utils.data import DataLoader

        self.epoch = epoch
        self.order = self._order()
        # A loader draws a seed for its workers each time it starts; not from the generator that dropout draws from.
        return DataLoader(
            self,  # type: ignore[arg-type]
            batch_size=None,
            sampler=range(start, len(self)),
            num_workers=self.options.num_threads,
            generator=Generator(),
        )

    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        places = np.arange(self.length)
        if self.options.serial_batches:
            return places % len(self.images["sem"]), places % len(self.images["depth"])
        rng = np.random.default_rng([self.seed, self.epoch])
        sem = rng.permutation(places) % len(self.images["sem"])
        return sem, rng.integers(len(self.images["depth"]), size=self.length)

    def _assemble(self, name: str, places: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
        images = self.images[name][places]
        if self.crop:
            top, left = (
                rng.integers(0, have - want + 1, len(images))
                for have, want in zip(images.shape[1:], self.crop, strict=True)
            )
            rows, columns = np.arange(self.crop[0]), np.arange(self.crop[1])
            images = images[
                np.arange(len(images))[:, None, None],
                (top[:, None] + rows)[:, :, None],
                (left[:, None] + columns)[:, None],
            ]
        if self.options.flip:
            mirrored = rng.random(len(images)) < 0.5
            images = np.where(mirrored[:, None, None], images[:, :, ::-1], images)
        return np.ascontiguousarray(images, dtype=np.float32)[:, None]
