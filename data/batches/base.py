"""Base class of the training data sets: order of the images, augmentation, loader, validation split."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..errors import DataError
from .image_stack import height_width, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


N_VALIDATION = 512  # images: maximum of a validation set


class BatchedDataset:
    """Batches of float32 (N, 1, H, W) [grey level 0..255].

    Batch k is a pure function of (seed, epoch, k): the number of workers or an interruption does not change it.

    A subclass reads `images`, sets `length` (images per epoch), and implements `_batch` and `eval_set`.
    """

    def __init__(self, images: dict[str, NDArray], length: int, options: DataOptions, batch_size: int, seed: int):
        self.images, self.length = images, length
        self.options, self.batch_size, self.seed = options, batch_size, seed
        self.crop = height_width(options.crop_size) if "crop" in options.preprocess else None
        for name, stack in images.items():
            if self.crop and any(actual < wanted for actual, wanted in zip(stack.shape[1:], self.crop, strict=True)):
                raise DataError(
                    f"{name} images are {size_text(stack[0])}, smaller than --crop_size {self.crop[0]},{self.crop[1]}"
                )
        self.epoch = 1
        self.order = self._order()

    def __len__(self) -> int:
        return -(-self.length // self.batch_size)

    def __getitem__(self, k: int) -> dict[str, NDArray]:
        batch_slice = slice(k * self.batch_size, (k + 1) * self.batch_size)
        rng = np.random.default_rng([self.seed, self.epoch, k, 1])
        return self._batch(batch_slice, rng)

    def eval_set(self) -> dict[str, NDArray]:
        """Images (N, H, W) [grey level 0..255] by domain, always the same, for the validation after every epoch."""
        raise NotImplementedError

    def loader(self, epoch: int, start: int = 0) -> "Iterator[dict[str, Tensor]]":
        """Yields the batches of `epoch` as tensors, from batch `start` on."""
        from torch import Generator, from_numpy  # here, because importing torch is slow
        from torch.utils.data import DataLoader

        self.epoch = epoch
        self.order = self._order()
        # A loader draws a seed for its workers at each start. Its own generator leaves that of dropout unchanged.
        loader: DataLoader = DataLoader(
            self,  # type: ignore[arg-type]
            batch_size=None,
            sampler=range(start, len(self)),
            num_workers=self.options.num_threads,
            generator=Generator(),
            collate_fn=_keep_arrays,  # type: ignore[arg-type]
        )
        for batch in loader:
            yield {name: from_numpy(values) for name, values in batch.items()}

    def _order(self) -> NDArray[np.int64]:
        """Indices of this epoch's images, (length,)."""
        indices = np.arange(self.length)
        if self.options.serial_batches:
            return indices
        return np.random.default_rng([self.seed, self.epoch]).permutation(indices)

    def _batch(self, batch_slice: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        raise NotImplementedError

    def _augment(self, rng: np.random.Generator, **indices: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """Images of each domain at `indices` (N,), float32 (N, 1, h, w), with the same crops and mirroring."""
        count = len(next(iter(indices.values())))
        stacks = [self.images[name] for name in indices]
        if self.crop:
            full_size = stacks[0].shape[1:]
            top, left = (
                rng.integers(0, actual - wanted + 1, count) for actual, wanted in zip(full_size, self.crop, strict=True)
            )
            windows = (sliding_window_view(stack, self.crop, axis=(1, 2)) for stack in stacks)
            selection = [view[rows, top, left] for view, rows in zip(windows, indices.values(), strict=True)]
        else:
            selection = [stack[rows] for stack, rows in zip(stacks, indices.values(), strict=True)]
        if self.options.flip:
            mirrored = np.flatnonzero(rng.random(count) < 0.5)
            for images in selection:
                images[mirrored] = images[mirrored, :, ::-1]
        return [images.astype(np.float32, copy=False)[:, None] for images in selection]


def _keep_arrays(batch: dict[str, NDArray]) -> dict[str, NDArray]:
    """Workers send arrays through a pipe; tensors would need shared memory and block for ever if it is full."""
    return batch


def validation_split(groups: list[str]) -> NDArray[np.bool_]:
    """True (N,) for validation images: the first and every eighth group by name; none if there is one group only.

    Images of one group (a stem, a site) show the same hole or its neighbours, so a group is never split.
    """
    names = sorted(set(groups))
    validation_groups = set(names[:: min(8, max(2, len(names)))]) if len(names) > 1 else set()
    return np.array([group in validation_groups for group in groups])
