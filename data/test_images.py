"""The test images of a data set, a batch at a time, with their truth where it exists."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .image import read_grey
from .layout import ImageFile, Layout
from .options import DataOptions
from .stack import size

DECODERS = 2  # threads; more decode no faster, as each of them needs the interpreter


class TestBatch(NamedTuple):
    """File stems, images (N, H, W) and truth (N, H, W) or None, float32 [grey level 0..255]."""

    stems: list[str]
    images: NDArray[np.float32]
    truth: NDArray[np.float32] | None


class TestImages:
    """SEM images of a phase and their true depth maps; or, `reverse`, depth maps and the SEM images they belong to."""

    def __init__(self, layout: Layout, options: DataOptions, phase: str, count: int, reverse: bool = False) -> None:
        sem, depth = layout.test_sem(phase), layout.test_depth(phase)
        if reverse:
            if not depth:
                raise DataError(
                    f"{layout.root}: no depth maps in its {phase} set, which --which_direction BtoA translates"
                )
            files = [ImageFile(str(path), "", stem) for stem, path in depth.items()]
            self.truth = {file.path.stem: file.path for file in sem}
        else:
            files, self.truth = sem, depth
        self.files = files[:count] if count else files
        self.options = options
        missing = [file.path for file in self.files if file.path.stem not in self.truth]
        if self.truth and missing:
            raise DataError(
                f"{missing[0]}: has no partner of its name among the true images ({len(missing)} such files)"
            )

    def __len__(self) -> int:
        return len(self.files)

    def batches(self, batch_size: int) -> Iterator[TestBatch]:
        """The images in the order of their names; a batch ends early where their size changes.

        While a batch is worked on, the next ones are decoded.
        """
        with ThreadPoolExecutor(DECODERS) as pool:
            ahead: deque[Future[list[TestBatch]]] = deque()
            for start in range(0, len(self.files), batch_size):
                ahead.append(pool.submit(self._read, self.files[start : start + batch_size]))
                if len(ahead) > DECODERS:
                    yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()

    def _read(self, files: list[ImageFile]) -> list[TestBatch]:
        images = [read_grey(file.path, self.options.grey_range) for file in files]
        alike = groupby(zip(files, images, strict=True), key=lambda one: one[1].shape)
        return [self._batch(*map(list, zip(*some, strict=True))) for _, some in alike]

    def _batch(self, files: list[ImageFile], images: list[NDArray]) -> TestBatch:
        truth = None
        if self.truth:
            maps = [read_grey(self.truth[file.path.stem], self.options.grey_range) for file in files]
            for file, image, one in zip(files, images, maps, strict=True):
                if one.shape != image.shape:
                    raise DataError(f"{self.truth[file.path.stem]}: {size(one)} where {file.path} is {size(image)}")
            truth = np.stack(maps).astype(np.float32)
        return TestBatch([file.path.stem for file in files], np.stack(images).astype(np.float32), truth)
