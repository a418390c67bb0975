"""What all kinds of batches share: their order, their augmentation, their loader."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..errors import DataError
from .image_stack import height_width, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


class BatchedDataset:
    """Batch k of an epoch is a pure function of (seed, epoch, k): neither the number of workers nor where a run was
    interrupted can change it. A subclass reads the images into `images`, sets `length` and assembles a batch."""

    def __init__(self, images: dict[str, NDArray], length: int, options: DataOptions, batch_size: int, seed: int):
        self.images, self.length = images, length
        self.options, self.batch_size, self.seed = options, batch_size, seed
        self.crop = height_width(options.crop_size) if "crop" in options.preprocess else None
        for name, stack in images.items():
            if self.crop and any(have < want for have, want in zip(stack.shape[1:], self.crop, strict=True)):
                raise DataError(
                    f"{name} images are {size(stack[0])}: smaller than --crop_size {self.crop[0]},{self.crop[1]}"
                )
        self.epoch = 1
        self.order = self._order()

    def __len__(self) -> int:
        return -(-self.length // self.batch_size)

    def __getitem__(self, k: int) -> dict[str, NDArray]:
        part = slice(k * self.batch_size, (k + 1) * self.batch_size)
        rng = np.random.default_rng([self.seed, self.epoch, k, 1])
        return self._batch(part, rng)

    def eval_set(self) -> dict[str, NDArray]:
        """The same images (N, H, W) [grey level 0..255] by domain each time: what an epoch is judged by."""
        raise NotImplementedError

    def loader(self, epoch: int, start: int = 0) -> "Iterator[dict[str, Tensor]]":
        """The batches of `epoch` from number `start` on, as tensors."""
        from torch import Generator, from_numpy  # here, so that making a data set does not wait for torch
        from torch.utils.data import DataLoader

        self.epoch = epoch
        self.order = self._order()
        # A loader draws a seed for its workers each time it starts; not from the generator that dropout draws from.
        loader: DataLoader = DataLoader(
            self,  # type: ignore[arg-type]
            batch_size=None,
            sampler=range(start, len(self)),
            num_workers=self.options.num_threads,
            generator=Generator(),
            collate_fn=_as_it_is,  # type: ignore[arg-type]
        )
        for batch in loader:
            yield {name: from_numpy(values) for name, values in batch.items()}

    def _order(self) -> NDArray[np.int64]:
        """Places of this epoch's images, (length,)."""
        places = np.arange(self.length)
        if self.options.serial_batches:
            return places
        return np.random.default_rng([self.seed, self.epoch]).permutation(places)

    def _batch(self, part: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        raise NotImplementedError

    def _augmented(self, rng: np.random.Generator, **places: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """The images of each domain at `places` (N,), as float32 (N, 1, h, w), cropped and mirrored alike."""
        count = len(next(iter(places.values())))
        stacks = [self.images[name] for name in places]
        if self.crop:
            whole = stacks[0].shape[1:]
            top, left = (rng.integers(0, have - want + 1, count) for have, want in zip(whole, self.crop, strict=True))
            windows = (sliding_window_view(stack, self.crop, axis=(1, 2)) for stack in stacks)
            drawn = [view[at, top, left] for view, at in zip(windows, places.values(), strict=True)]
        else:
            drawn = [stack[at] for stack, at in zip(stacks, places.values(), strict=True)]
        if self.options.flip:
            mirrored = np.flatnonzero(rng.random(count) < 0.5)
            for images in drawn:
                images[mirrored] = images[mirrored, :, ::-1]
        return [images.astype(np.float32, copy=False)[:, None] for images in drawn]


def _as_it_is(batch: dict[str, NDArray]) -> dict[str, NDArray]:
    """Arrays come from a worker through a pipe; tensors need shared memory, and wait for ever where that is full."""
    return batch


def even_indices(count: int, most: int) -> NDArray[np.int64]:
    """At most `most` of the places 0..count-1, evenly spread."""
    return np.arange(count)[:: max(1, -(-count // most))]


def validation_split(groups: list[str]) -> NDArray[np.bool_]:
    """Which images (N,) belong to the groups that are held out: every eighth of them by name, at least one of two.

    Images of one group (a stem, a site) show the same hole or neighbours: they are on one side together.
    """
    names = sorted(set(groups))
    chosen = set(names[:: min(8, max(2, len(names)))]) if len(names) > 1 else set()
    return np.array([group in chosen for group in groups])
