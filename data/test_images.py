"""The test images of a data set, a batch at a time, with their truth where it exists."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .image import read_grey
from .layout import ImageFile, Layout
from .options import DataOptions
from .stack import size

AHEAD = 4  # batches


class TestBatch(NamedTuple):
    """File stems, images (N, H, W) and truth (N, H, W) or None, float32 [grey level 0..255]."""

    stems: list[str]
    images: NDArray[np.float32]
    truth: NDArray[np.float32] | None


class TestImages:
    """SEM images of a phase and their true depth maps; or, `reverse`, depth maps and the SEM images they belong to."""

    def __init__(self, files: list[ImageFile], options: DataOptions, truth: dict[str, Path] | None = None) -> None:
        self.files, self.options, self.truth = files, options, truth or {}

    @classmethod
    def of(cls, layout: Layout, options: DataOptions, phase: str, count: int, reverse: bool = False) -> "TestImages":
        """The first `count` (all if 0) images of a phase of a data set."""
        sem, depth = layout.test_sem(phase), layout.test_depth(phase)
        files, truth = sem, depth
        if reverse:
            if not depth:
                raise DataError(
                    f"{layout.root}: no depth maps in its {phase} set, which --which_direction BtoA translates"
                )
            files = [ImageFile(str(path), "", stem) for stem, path in depth.items()]
            truth = {file.path.stem: file.path for file in sem}
        files = files[:count] if count else files
        missing = [file.path for file in files if file.path.stem not in truth]
        if truth and missing:
            raise DataError(
                f"{missing[0]}: has no partner of its name among the true images ({len(missing)} such files)"
            )
        return cls(files, options, truth)

    def __len__(self) -> int:
        return len(self.files)

    def batches(self, batch_size: int, ahead: bool = True) -> Iterator[TestBatch]:
        """The images in the order of their names; a batch ends early where their size changes.

        With `ahead` a process of its own decodes the next ones meanwhile: a thread would hold up all others.
        """
        from torch.utils.data import DataLoader  # here, so that making a data set does not wait for torch

        parts = [self.files[start : start + batch_size] for start in range(0, len(self.files), batch_size)]
        workers = {"num_workers": 1, "prefetch_factor": AHEAD} if ahead and len(parts) > 1 else {}
        for found in DataLoader(parts, batch_size=None, collate_fn=self._read, **workers):  # type: ignore[arg-type]
            if isinstance(found, DataError):
                raise found
            for stems, images, truth in found:
                yield TestBatch(stems, images.numpy(), None if truth is None else truth.numpy())

    def _read(self, files: list[ImageFile]) -> list[tuple[list[str], Any, Any]] | DataError:
        """Batches as tensors, which cross to another process without a copy; an error as a value, since a loader would
        add a traceback to it."""
        from torch import from_numpy

        try:
            images = [read_grey(file.path, self.options.grey_range) for file in files]
            alike = groupby(zip(files, images, strict=True), key=lambda one: one[1].shape)
            batches = [self._batch(*map(list, zip(*some, strict=True))) for _, some in alike]
        except DataError as error:
            return error
        return [
            (one.stems, from_numpy(one.images), None if one.truth is None else from_numpy(one.truth)) for one in batches
        ]

    def _batch(self, files: list[ImageFile], images: list[NDArray]) -> TestBatch:
        truth = None
        if self.truth:
            maps = [read_grey(self.truth[file.path.stem], self.options.grey_range) for file in files]
            for file, image, one in zip(files, images, maps, strict=True):
                if one.shape != image.shape:
                    raise DataError(f"{self.truth[file.path.stem]}: {size(one)} where {file.path} is {size(image)}")
            truth = np.stack(maps).astype(np.float32)
        return TestBatch([file.path.stem for file in files], np.stack(images).astype(np.float32), truth)
