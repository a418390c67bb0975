"""What one image file is, measured: size, kind, grey levels, and what is suspicious about it alone."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..errors import DataError, GreyRangeError
from ..io import as_grey, pixel_nm, read_pixels

COLOURS = {1: "grey", 2: "grey + alpha", 3: "RGB", 4: "RGBA"}
EMPTY = 0.995  # share of the pixels within NOISE of the median: hardly anything else is to be seen
NOISE = 2  # grey levels
SATURATED = 0.05  # share of the pixels at 0 or 255
NOT_SAID, NOT_SQUARE = "not said", "not square"  # of the width of a pixel
HEAD = 1 << 16  # bytes that are compared first


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """One file. `reason` says why it cannot be used, '' if it can. `shape` (H, W) and `kind` are the file's, `low` and
    `high` its values as they are; the rest is in grey levels [0..255], of a usable image."""

    reason: str = ""
    shape: tuple[int, ...] = ()
    kind: str = ""
    low: float = np.nan
    high: float = np.nan
    mean: float = np.nan
    border: int = -1  # median of the pixels at the image's border
    warnings: tuple[str, ...] = ()
    pixel_digest: bytes = b""  # digest of the grey levels
    out_of_range: bool = False  # --grey_range is missing, or does not hold all values

    @property
    def bit_depth(self) -> str:
        """Bits and type of a value, `16-bit` or `32-bit float`; '' of what cannot be read."""
        return " ".join(word for word in self.kind.split()[:2] if word == "float" or "-bit" in word)

    @property
    def constant(self) -> bool:
        """Whether all pixels have one value."""
        return self.low == self.high


def examined(path: Path, grey_range: tuple[int, ...], sem: bool) -> tuple[ImageInfo, NDArray[np.int64]]:
    """The facts of a file and its histogram (256,) of grey levels; black is no fault in a depth map."""
    histogram = np.zeros(256, np.int64)
    try:
        pixels = read_pixels(path)
    except DataError as error:
        return ImageInfo(str(error)), histogram
    bits = 1 if pixels.dtype == np.bool_ else 8 * pixels.dtype.itemsize
    number = "-bit float" if pixels.dtype.kind == "f" else "-bit"
    channels = 1 if pixels.ndim < 3 else pixels.shape[2]
    shape, kind = pixels.shape[:2], f"{bits}{number} {COLOURS.get(channels, f'{channels} channels')}"
    ends = (
        (float(pixels.min()), float(pixels.max())) if pixels.size and pixels.dtype.kind in "buif" else (np.nan, np.nan)
    )
    try:
        grey = as_grey(path, pixels, grey_range)
    except DataError as error:
        return ImageInfo(str(error), shape, kind, *ends, out_of_range=isinstance(error, GreyRangeError)), histogram
    levels = np.rint(grey).astype(np.uint8)
    histogram += np.bincount(levels.ravel(), minlength=256)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    digest = blake2b(repr(shape).encode() + levels.tobytes(), digest_size=16).digest()
    facts = ImageInfo(
        "", shape, kind, *ends, float(grey.mean()), int(np.median(border)), _warnings(histogram, sem), digest
    )
    return facts, histogram


def readable(path: Path, grey_range: tuple[int, ...]) -> ImageInfo:
    """Whether a file can be used, and nothing of what it shows."""
    try:
        as_grey(path, read_pixels(path), grey_range)
    except DataError as error:
        return ImageInfo(str(error), out_of_range=isinstance(error, GreyRangeError))
    return ImageInfo()


def pixel_width(path: Path) -> str:
    """The width of a pixel as the file says it, `2 nm`; `not said`, or `not square`."""
    try:
        width = pixel_nm(path)
    except DataError:
        return NOT_SQUARE
    return NOT_SAID if width is None else f"{width:.4g} nm"


def duplicate_files(names: Iterable[str]) -> list[list[str]]:
    """Files that hold the same bytes, in groups; of as many as possible only the size is looked at, then the start."""
    found = [list(names)]
    for key in (_size, _head, _whole):
        classes: dict[tuple[int, object], list[str]] = defaultdict(list)
        listed = [(number, name) for number, group in enumerate(found) for name in group]
        for number, name in tqdm(listed, "comparing", unit="file", leave=False, disable=None):
            try:
                classes[number, key(name)].append(name)
            except OSError:  # why, is said where the images are read
                continue
        found = [group for group in classes.values() if len(group) > 1]
    return found


def percentiles(histogram: NDArray[np.int64], shares: Iterable[float]) -> list[int]:
    """Grey levels below or at which these shares [0..1] of the pixels lie."""
    below = np.cumsum(histogram)
    return [int(np.searchsorted(below, share * below[-1])) for share in shares]


def _warnings(histogram: NDArray[np.int64], sem: bool) -> tuple[str, ...]:
    count = histogram.sum()
    levels = np.flatnonzero(histogram)
    if len(levels) == 1:
        return (f"constant, {levels[0]} everywhere",)
    odd = []
    middle = percentiles(histogram, [0.5])[0]
    alike = histogram[max(0, middle - NOISE) : middle + NOISE + 1].sum() / count
    if alike >= EMPTY:
        odd.append(f"almost empty, {alike:.1%} of it at {middle}")
    for level in (0, 255) if sem else ():
        if histogram[level] > SATURATED * count:
            odd.append(f"saturated, {histogram[level] / count:.0%} of it at {level}")
    return tuple(odd)


def _size(name: str) -> int:
    about = os.stat(name)
    if not stat.S_ISREG(about.st_mode):
        raise OSError
    return about.st_size


def _head(name: str) -> bytes:
    with open(name, "rb") as file:
        return blake2b(file.read(HEAD), digest_size=16).digest()


def _whole(name: str) -> bytes:
    if _size(name) <= HEAD:
        return b""
    digest = blake2b(digest_size=16)
    with open(name, "rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.digest()
