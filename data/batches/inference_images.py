"""Reads the test images of a data set in batches, with their ground truth if it exists."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile
from ..errors import DataError
from ..header import ImageHeader
from ..image_names import with_unique_stems
from ..io import read_grey, stem_of
from .image_records import ImageRecord, ImageRecords
from .image_stack import size_text
from .pixel_width import PixelWidth, check_width, common_width
from .sem_image import SemImage, read_sem_image

PREFETCH_BATCHES = 4
MIN_SIDE = 16  # [px]; smaller images cannot show a hole
MAX_NAMES = 3  # of images that a line lists
MAX_STEM_BYTES = 240  # file systems allow 255, with the suffix


class InferenceBatch(NamedTuple):
    """File stems, images (N, H, W) and ground truth (N, H, W) or None, float32 [grey level 0..255], sites, and what the
    files say about the instrument: an ImageHeader's fields by name."""

    stems: list[str]
    images: NDArray[np.float32]
    truth: NDArray[np.float32] | None
    sites: Sequence[str] = ()
    instruments: Sequence[dict[str, Any]] = ()


class InferenceImages:
    """SEM images of a phase and their ground-truth depth maps; with `reverse`, depth maps and their SEM images.

    Where the images are crops of fields of view, `fields` holds these, and `scale` is px of a crop per px of a field.
    """

    fields: Sequence[Any] = ()
    scale: float = 1.0
    pictures: Path | None = None  # folder of the pictures of annotation that is refused; None: a temporary one

    def __init__(
        self,
        files: list[ImageFile],
        options: DataOptions,
        truth: dict[str, Path] | None = None,
        folder: Path = Path(),
        pixel_size: float | None = None,
        find_bars: bool = False,
    ) -> None:
        self.files, self.options, self.truth, self.folder = files, options, truth or {}, folder
        self.find_bars = find_bars  # whether data bars are looked for where the header says nothing about them
        self.records = ImageRecords()  # of the images that `batches` read
        self.width = PixelWidth()  # that `pixel_nm` found
        self.pixel_size = pixel_size  # [nm] that every file must state; 0: none may state one; None: not checked
        self.skipped: dict[str, str] = {}  # images that `batches` skipped, with the reasons
        self.unscored: list[str] = []  # names of the images without ground truth, where there is a folder of it

    @classmethod
    def of(
        cls, layout: DatasetLayout, options: DataOptions, phase: str, count: int, reverse: bool = False
    ) -> "InferenceImages":
        """The first `count` (all if 0) images of a phase; raises DataError if two have one name in one folder."""
        sem = layout.test_sem(phase)
        files = with_unique_stems(sem[:count] if count and not reverse else sem, layout.test_folder(phase))
        truth = layout.truth_of(files, phase)
        if reverse:
            depth = layout.test_depth(phase)
            if not depth:
                raise DataError(f"{layout.root}: no depth maps in its {phase} set; --which_direction BtoA needs them")
            stem_of_map = {path: stem for stem, path in depth.items()}
            truth = {stem_of_map[path]: Path(file.name) for file in files if (path := truth.get(file.stem))}
            maps = [
                ImageFile(str(path), "", stem, stem.removesuffix(stem_of(str(path)))) for stem, path in depth.items()
            ]
            files = maps[:count] if count else maps
        find_bars = layout.plain and not reverse
        images = cls(files, options, truth, layout.test_folder(phase), find_bars=find_bars)
        if not reverse and layout.test_depth_files(phase)[0]:
            images.unscored = [file.name for file in files if file.stem not in truth]
        return images

    @property
    def unscored_lines(self) -> list[str]:
        """One line about the images that lack their ground truth, where others have it; else none."""
        if not self.unscored:
            return []
        names = ", ".join(self.unscored[:MAX_NAMES]) + ", ..." * (len(self.unscored) > MAX_NAMES)
        advice = "" if self.options.on_bad_image == "skip" else "; add their depth maps, or use --on_bad_image skip"
        count = f"{len(self.unscored)} of {len(self.files)} images"
        return [f"no ground truth of the same name for {count}: {names}; they are predicted, not scored{advice}"]

    @classmethod
    def of_files(
        cls,
        files: Sequence[str],
        prefixes: Sequence[str],
        options: DataOptions,
        find_bars: bool = False,
        pictures: Path | None = None,
    ) -> "InferenceImages":
        """Images by the names of their files, each with what comes before the stem of its results; without ground truth
        and site."""
        named = zip(files, prefixes, strict=True)
        images = cls([ImageFile(name, "", "", prefix) for name, prefix in named], options, find_bars=find_bars)
        images.pictures = pictures
        return images

    @property
    def prefixes(self) -> dict[str, str]:
        """What comes before the stem of the results, by absolute name, of the images that need it."""
        return {os.path.abspath(file.name): file.prefix for file in self.files if file.prefix}

    def __len__(self) -> int:
        return len(self.files)

    def pixel_nm(self, are_fields: bool = False) -> float:
        """Pixel size [nm] that most usable images state, 0 if none does; `batches` then skips images of other sizes.

        Images that are fields of view may show more annotation. Raises DataError where two sizes are equally frequent.
        """
        read = self.read_sem if are_fields else self.read_image

        def is_usable(file: ImageFile) -> bool:
            with suppress(DataError):
                return bool(read(file))
            return False

        self.width = common_width(self.files, is_usable)
        self.pixel_size = self.width.nm
        return self.width.nm

    def site_of(self, file: ImageFile) -> str:
        """Site of an image: depth_140_site_00233 for a folder Depth_140/site_00233, as in average_depth.csv; for other
        folders the path below the test folder, '' for the test folder itself."""
        return _site_of(file.path.parent, self.folder)

    def batches(self, batch_size: int, ahead: bool = True) -> Iterator[InferenceBatch]:
        """Yields the images in the order of their names; a batch ends early where the image size changes, or
        where ground truth begins or ends.

        An image that cannot be read, or whose ground truth cannot, is skipped and added to `skipped`.
        With `ahead`, a separate process decodes the next batches; a thread would block the main one.
        """
        from torch.utils.data import DataLoader  # here, because importing torch is slow

        parts = [self.files[start : start + batch_size] for start in range(0, len(self.files), batch_size)]
        workers = {"num_workers": 1, "prefetch_factor": PREFETCH_BATCHES} if ahead and len(parts) > 1 else {}
        loader: DataLoader = DataLoader(parts, batch_size=None, collate_fn=self._read_batches, **workers)  # type: ignore[arg-type]
        for batches, skipped, records in loader:
            self.skipped |= skipped
            self.records.add(records)
            yield from batches

    def _read_batches(self, files: list[ImageFile]) -> tuple[list[InferenceBatch], dict[str, str], list[ImageRecord]]:
        """Batches of images of one size, the reasons for skipped images, and the records of the others. Arrays, unlike
        tensors, need no shared memory on their way from another process."""
        readable, skipped, records = [], {}, []
        for file in files:
            try:
                sem, truth = self.read_image(file)
            except DataError as error:
                skipped[file.name] = str(error)
                continue
            instrument = self.records.instrument(sem.header)
            readable.append((file.stem, sem.image.levels.astype(np.float32), truth, self.site_of(file), instrument))
            records.append(ImageRecord.of(file.name, sem))
        batches = []
        for _, group in groupby(readable, key=lambda entry: (entry[1].shape, entry[2] is None)):
            stems, images, truths, sites, instruments = zip(*group, strict=True)
            truth = None if truths[0] is None else np.stack(truths)
            batches.append(InferenceBatch(list(stems), np.stack(images), truth, sites, instruments))
        return batches, skipped, records

    def read_image(self, file: ImageFile) -> tuple[SemImage, NDArray | None]:
        """The image and its ground truth (H, W), float32 [grey level 0..255], or None; raises DataError."""
        sem = self.read_sem(file)
        sem.image.check(pictures=self.pictures)
        image, stem = sem.image.levels, file.stem
        if min(image.shape) < MIN_SIDE:
            raise DataError(f"{file.name}: {size_text(image)} pixels; at least {MIN_SIDE} per side are needed")
        truth = None
        if stem in self.truth:
            truth = sem.cut(read_grey(self.truth[stem], self.options.grey_range).astype(np.float32))
            if truth.shape != image.shape:
                raise DataError(f"{self.truth[stem]}: {size_text(truth)} where {file.name} is {size_text(image)}")
        self.check_pixel_size(file, sem.header)  # last: another width is not what is wrong with a damaged image
        return sem, truth

    def read_sem(self, file: ImageFile) -> SemImage:
        """The image without its data bar; raises DataError, also for a name that results cannot have."""
        stem = file.stem
        if len(os.fsencode(stem)) > MAX_STEM_BYTES or stem != stem.encode("utf-8", "ignore").decode():
            raise DataError(
                f"{file.name}: the name is too long or not UTF-8; rename it, its depth map gets the same name"
            )
        return read_sem_image(file.name, self.options, self.find_bars, needs_width=self.pixel_size is not None)

    def check_pixel_size(self, file: ImageFile, header: ImageHeader) -> None:
        """Raises DataError if a file states another pixel size than `pixel_size`, where that is checked."""
        if self.pixel_size is not None:
            check_width(file.name, header, self.pixel_size)


@lru_cache(maxsize=64)  # the images of a folder have one
def _site_of(folder: Path, test_folder: Path) -> str:
    *_, depth, site = "", *Path(os.path.abspath(folder)).parts
    if depth.lower().startswith("depth_") and site.lower().startswith("site_"):
        return f"{depth}_{site}".lower()
    relative_path = os.path.relpath(folder, test_folder)
    return "" if relative_path == os.curdir else relative_path
