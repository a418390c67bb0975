"""The test images of a data set, a batch at a time, with their truth where it exists."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile
from ..errors import DataError
from ..io import pixel_nm, read_grey
from .image_stack import size

AHEAD = 4  # batches
MIN_SIDE = 16  # px
LONGEST_STEM = 240  # bytes; file systems take 255, with the ending


class InferenceBatch(NamedTuple):
    """File stems, images (N, H, W) and truth (N, H, W) or None, float32 [grey level 0..255], and the images' sites."""

    stems: list[str]
    images: NDArray[np.float32]
    truth: NDArray[np.float32] | None
    sites: Sequence[str] = ()


class InferenceImages:
    """SEM images of a phase and their true depth maps; or, `reverse`, depth maps and the SEM images they belong to."""

    def __init__(
        self,
        files: list[ImageFile],
        options: DataOptions,
        truth: dict[str, Path] | None = None,
        folder: Path = Path(),
        width: float | None = None,
    ) -> None:
        self.files, self.options, self.truth, self.folder = files, options, truth or {}, folder
        self.width = width  # of a pixel [nm], which every file must say, 0 for none of them; None does not compare
        self.bad: dict[str, str] = {}  # images that `batches` passed over, and what is wrong with them

    @classmethod
    def of(
        cls, layout: DatasetLayout, options: DataOptions, phase: str, count: int, reverse: bool = False
    ) -> "InferenceImages":
        """The first `count` (all if 0) images of a phase of a data set."""
        sem, depth = layout.test_sem(phase), layout.test_depth(phase)
        files, truth = sem, depth
        if reverse:
            if not depth:
                raise DataError(
                    f"{layout.root}: no depth maps in its {phase} set, which --which_direction BtoA translates"
                )
            files = [ImageFile(str(path), "", stem) for stem, path in depth.items()]
            truth = {file.stem: Path(file.name) for file in sem}
        files = files[:count] if count else files
        alike = {file.stem: file for file in files}
        twin = next((file for file in files if alike[file.stem] is not file), None)
        if twin:
            raise DataError(
                f"{twin.name} and {alike[twin.stem].name}: two images of one name, which their depth maps would "
                "share; rename one, or test one folder at a time"
            )
        missing = [file.name for file in files if file.stem not in truth]
        if truth and missing:
            raise DataError(
                f"{missing[0]}: has no partner of its name among the true images ({len(missing)} such files)"
            )
        return cls(files, options, truth, layout.test_folder(phase))

    def __len__(self) -> int:
        return len(self.files)

    def pixel_nm(self) -> float:
        """Width of a pixel [nm] by the first file that can be read; 0 if it does not say. The others must say the same
        from now on."""
        self.width = 0.0
        for file in self.files:
            with suppress(DataError):
                self.width = pixel_nm(file.path) or 0.0
                break
        return self.width

    def site_of(self, file: ImageFile) -> str:
        """Where an image was taken: depth_140_site_00233 in a folder Depth_140/site_00233, as average_depth.csv has it;
        else its folder below the one that was asked for, '' for that itself."""
        folder = file.path.parent
        *_, depth, site = "", *Path(os.path.abspath(folder)).parts
        if depth.lower().startswith("depth_") and site.lower().startswith("site_"):
            return f"{depth}_{site}".lower()
        below = os.path.relpath(folder, self.folder)
        return "" if below == os.curdir else below

    def batches(self, batch_size: int, ahead: bool = True) -> Iterator[InferenceBatch]:
        """The images in the order of their names; a batch ends early where their size changes.

        One that cannot be read, or whose truth cannot, is left out and named in `bad`.
        With `ahead` a process of its own decodes the next ones meanwhile: a thread would hold up all others.
        """
        from torch.utils.data import DataLoader  # here, so that making a data set does not wait for torch

        parts = [self.files[start : start + batch_size] for start in range(0, len(self.files), batch_size)]
        workers = {"num_workers": 1, "prefetch_factor": AHEAD} if ahead and len(parts) > 1 else {}
        for found, bad in DataLoader(parts, batch_size=None, collate_fn=self._read, **workers):  # type: ignore[arg-type]
            self.bad |= bad
            yield from found

    def _read(self, files: list[ImageFile]) -> tuple[list[InferenceBatch], dict[str, str]]:
        """Batches of arrays, which need no shared memory to come from another process, and what is wrong with other
        images."""
        read, bad = [], {}
        for file in files:
            try:
                read.append((*self._one(file), self.site_of(file)))
            except DataError as error:
                bad[file.name] = str(error)
        batches = []
        for _, some in groupby(read, key=lambda one: one[1].shape):
            stems, images, truth, sites = zip(*some, strict=True)
            known = None if truth[0] is None else np.stack(truth)
            batches.append(InferenceBatch(list(stems), np.stack(images), known, sites))
        return batches, bad

    def _one(self, file: ImageFile) -> tuple[str, NDArray, NDArray | None]:
        stem = file.stem
        if len(os.fsencode(stem)) > LONGEST_STEM or stem != stem.encode("utf-8", "ignore").decode():
            raise DataError(f"{file.name}: a name that is too long or not UTF-8, for a depth map to be named after")
        image = read_grey(file.name, self.options.grey_range).astype(np.float32)
        if self.width is not None and not math.isclose(said := pixel_nm(file.path) or 0.0, self.width, rel_tol=1e-3):
            mine, others = (f"pixels of {one:g} nm" if one else "no width of a pixel" for one in (said, self.width))
            raise DataError(f"{file.name}: says {mine}, where others say {others}; test them apart, or say --pixel_nm")
        if min(image.shape) < MIN_SIDE:
            raise DataError(f"{file.name}: {size(image)} pixels; no hole is to be seen on less than {MIN_SIDE} a side")
        if not self.truth:
            return stem, image, None
        truth = read_grey(self.truth[stem], self.options.grey_range).astype(np.float32)
        if truth.shape != image.shape:
            raise DataError(f"{self.truth[stem]}: {size(truth)} where {file.name} is {size(image)}")
        return stem, image, truth
