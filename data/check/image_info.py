"""Measures one image file: size, pixel format, grey levels, and warnings about its content."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..batches import ImageRecord, cut_data_bar, fill_bad_lines, read_lenient_header
from ..data_options import DataOptions
from ..errors import DataError, GreyRangeError
from ..exchanged_domains import flat_fraction
from ..header import read_header, square_pixel_nm
from ..io import as_image, read_pixels

CHANNELS = {1: "grey", 2: "grey + alpha", 3: "RGB", 4: "RGBA"}
EMPTY_FRACTION = 0.995  # of the pixels within EMPTY_TOLERANCE of the median: the image shows almost nothing
EMPTY_TOLERANCE = 2  # [grey level]
SATURATED_FRACTION = 0.05  # of the pixels at 0 or 255
NO_PIXEL_SIZE, NOT_SQUARE, AMBIGUOUS = "not given", "not square", "two that differ"  # in place of a pixel size
HEAD_BYTES = 1 << 16  # of a file that are compared first


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """The measurements of one image. `reason` says why it cannot be used, '' if it can.

    `shape` (H, W) is without the data bar. `pixel_format` is that of the file, `low` and `high` its values as they are.
    The rest is in grey levels [0..255] and only set for usable images.
    """

    reason: str = ""
    shape: tuple[int, ...] = ()
    pixel_format: str = ""
    low: float = np.nan
    high: float = np.nan
    mean: float = np.nan
    border: int = -1  # median of the pixels at the image's border
    warnings: tuple[str, ...] = ()
    pixel_digest: bytes = b""  # digest of the grey levels
    flat: float = np.nan  # fraction of the pixels that equal their neighbours; see exchanged_domains
    record: ImageRecord | None = None  # what the file says, and what was cut
    out_of_range: bool = False  # --grey_range is missing, or does not include all values

    @property
    def bit_depth(self) -> str:
        """Bits and type of a value: `16-bit`, `16-bit signed` or `32-bit float`; '' if the file cannot be read."""
        return " ".join(word for word in self.pixel_format.split()[:2] if word in ("float", "signed") or "-bit" in word)

    @property
    def constant(self) -> bool:
        """Whether all pixels have the same value."""
        return self.low == self.high


def measure_image(
    path: Path, options: DataOptions, sem: bool, find_bar: bool = False, pictures: Path | None = None
) -> tuple[ImageInfo, NDArray[np.int64]]:
    """The measurements of a file and its histogram (256,) of grey levels; `sem` also warns of saturation.

    SEM images are measured without their data bar, which is looked for in the picture with `find_bar`.
    Annotation that is refused is shown in the folder `pictures`; None is a temporary one.
    """
    histogram = np.zeros(256, np.int64)
    try:
        pixels = read_pixels(path)
    except DataError as error:
        return ImageInfo(str(error)), histogram
    bits = 1 if pixels.dtype == np.bool_ else 8 * pixels.dtype.itemsize
    number = {"f": "-bit float", "i": "-bit signed"}.get(pixels.dtype.kind, "-bit")
    channels = 1 if pixels.ndim < 3 else pixels.shape[2]
    shape, pixel_format = pixels.shape[:2], f"{bits}{number} {CHANNELS.get(channels, f'{channels} channels')}"
    low, high = np.nan, np.nan
    if pixels.size and pixels.dtype.kind in "buif":
        low, high = float(pixels.min()), float(pixels.max())
    try:
        image, header = as_image(path, pixels, options.grey_range), read_lenient_header(str(path))
        picture = cut_data_bar(image, header, options if sem else replace(options, data_bar=0), find_bar)
        picture = fill_bad_lines(picture) if sem else picture
        picture.image.check(pictures=pictures)
    except DataError as error:
        out_of_range = isinstance(error, GreyRangeError)
        return ImageInfo(str(error), shape, pixel_format, low, high, out_of_range=out_of_range), histogram
    levels = np.rint(picture.image.levels).astype(np.uint8)
    histogram += np.bincount(levels.ravel(), minlength=256)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    info = ImageInfo(
        shape=levels.shape,
        pixel_format=pixel_format,
        low=low,
        high=high,
        mean=float(picture.image.levels.mean()),
        border=int(np.median(border)),
        flat=flat_fraction(levels),
        warnings=_find_warnings(histogram, sem),
        pixel_digest=blake2b(repr(shape).encode() + levels.tobytes(), digest_size=16).digest(),
        record=ImageRecord.of(str(path), picture),
    )
    return info, histogram


def check_readable(path: Path, grey_range: tuple[float, ...], pictures: Path | None = None) -> ImageInfo:
    """Whether a file can be used; nothing of its content is measured."""
    try:
        as_image(path, read_pixels(path), grey_range).check(pictures=pictures)
    except DataError as error:
        return ImageInfo(str(error), out_of_range=isinstance(error, GreyRangeError))
    return ImageInfo()


def read_pixel_size(name: str) -> str:
    """The pixel size that the image's file states, such as `2 nm`; else NO_PIXEL_SIZE, NOT_SQUARE or AMBIGUOUS."""
    try:
        header = read_header(name)
    except DataError:
        return AMBIGUOUS
    try:
        size = square_pixel_nm(name, header)
    except DataError:
        return f"{NOT_SQUARE} ({header.pixel_nm:.4g} x {header.pixel_y_nm:.4g} nm)"
    return NO_PIXEL_SIZE if size is None else f"{size:.4g} nm"


def duplicate_files(names: Iterable[str]) -> list[list[str]]:
    """Groups of files that hold the same bytes. Only files of one size and one start are read completely."""
    groups = [list(names)]
    for key in (_size, _head_digest, _digest):
        classes: dict[tuple[int, object], list[str]] = defaultdict(list)
        numbered = [(number, name) for number, group in enumerate(groups) for name in group]
        for number, name in tqdm(numbered, "comparing", unit="file", leave=False, disable=None):
            try:
                classes[number, key(name)].append(name)
            except OSError:  # it is reported where the images are read
                continue
        groups = [group for group in classes.values() if len(group) > 1]
    return groups


def percentiles(histogram: NDArray[np.int64], fractions: Iterable[float]) -> list[int]:
    """Grey levels at or below which these fractions [0..1] of the pixels lie."""
    cumulative = np.cumsum(histogram)
    return [int(np.searchsorted(cumulative, fraction * cumulative[-1])) for fraction in fractions]


def _find_warnings(histogram: NDArray[np.int64], sem: bool) -> tuple[str, ...]:
    count = histogram.sum()
    levels = np.flatnonzero(histogram)
    if len(levels) == 1:
        return (f"constant, {levels[0]} everywhere",)
    warnings = []
    median = percentiles(histogram, [0.5])[0]
    empty = histogram[max(0, median - EMPTY_TOLERANCE) : median + EMPTY_TOLERANCE + 1].sum() / count
    if empty >= EMPTY_FRACTION:
        warnings.append(f"almost empty, {empty:.1%} of it at {median}")
    for level in (0, 255) if sem else ():
        if histogram[level] > SATURATED_FRACTION * count:
            warnings.append(f"saturated, {histogram[level] / count:.0%} of it at {level}")
    return tuple(warnings)


def _size(name: str) -> int:
    status = os.stat(name)
    if not stat.S_ISREG(status.st_mode):
        raise OSError
    return status.st_size


def _head_digest(name: str) -> bytes:
    with open(name, "rb") as file:
        return blake2b(file.read(HEAD_BYTES), digest_size=16).digest()


def _digest(name: str) -> bytes:
    if _size(name) <= HEAD_BYTES:
        return b""
    digest = blake2b(digest_size=16)
    with open(name, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()
