"""The test images of a data set, a batch at a time, with their truth where it exists."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .image import read_grey
from .layout import ImageFile, Layout
from .options import DataOptions
from .stack import size


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
        """The images in the order of their names; a batch ends early where their size changes."""
        files: list[ImageFile] = []
        images: list[NDArray] = []
        for file in self.files:
            image = read_grey(file.path, self.options.grey_range)
            if files and (len(files) == batch_size or image.shape != images[0].shape):
                yield self._batch(files, images)
                files, images = [], []
            files.append(file)
            images.append(image)
        yield self._batch(files, images)

    def _batch(self, files: list[ImageFile], images: list[NDArray]) -> TestBatch:
        truth = None
        if self.truth:
            maps = [read_grey(self.truth[file.path.stem], self.options.grey_range) for file in files]
            for file, image, one in zip(files, images, maps, strict=True):
                if one.shape != image.shape:
                    raise DataError(f"{self.truth[file.path.stem]}: {size(one)} where {file.path} is {size(image)}")
            truth = np.stack(maps).astype(np.float32)
        return TestBatch([file.path.stem for file in files], np.stack(images).astype(np.float32), truth)
