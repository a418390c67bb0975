"""One image of a NumPy file: .npy with one array, .npz with several.

An array is an image (H, W), images (N, H, W), or an image of up to four equal channels (H, W, C). Others that lie in an
.npz, labels for instance, are passed over.
"""

import math
import os
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .header_checks import DAMAGED, MAX_PIXELS, ContentError, check_count, check_size, one_of

NPY, NPZ = b"\x93NUM", b"PK\3\4"  # what such files begin with
LONGEST_HEADER = 1 << 14  # bytes; NumPy itself reads no longer one
MOST_CHANNELS = 4
ONE_AT_A_TIME = Lock()  # or several threads would unfold the same array


def images_in_npy(path: str | Path) -> int:
    """How many images an .npy file holds, by its header."""
    with open(path, "rb") as file:
        shape, dtype = _header(file, os.stat(path).st_size)
    return _images(shape, dtype)


def read_npy(path: Path, page: int | None) -> NDArray:
    """The pixels of one image; no others are read."""
    with path.open("rb") as file:
        shape, dtype = _header(file, path.stat().st_size)
    if not _images(shape, dtype):
        raise ContentError(f"an array of {dtype} {shape}; expected numbers, (H, W) or (N, H, W)")
    return _image(np.load(path, mmap_mode="r", allow_pickle=False), page)


def images_in_npz(path: str | Path) -> list[tuple[str, int]]:
    """The arrays of an .npz that hold images, in their order there, and how many, by their headers.

    Refuses more than MOST_PIXELS in all, which a small file may claim, and all that NumPy does not write.
    """
    found, pixels = [], 0
    with ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise ContentError(f"{member.filename} is packed in a way that NumPy does not know")
            with archive.open(member) as file:
                shape, dtype = _header(BytesIO(file.read(LONGEST_HEADER)), member.file_size)
            if images := _images(shape, dtype):
                found.append((member.filename, images))
                pixels += math.prod(shape)
                check_count(sum(images for _, images in found))
    if pixels > MAX_PIXELS:
        raise ContentError(f"claims {pixels} pixels, and {MAX_PIXELS} at most are unfolded; save .npy files")
    return found


def read_npz(path: Path, page: int | None) -> NDArray:
    """The pixels of one image."""
    found = images_in_npz(path)
    place = one_of(sum(images for _, images in found), page)
    name, place = [(name, n) for name, images in found for n in range(images)][place]
    about = path.stat()
    with ONE_AT_A_TIME:
        array = _unfolded(str(path), name, about.st_size, about.st_mtime_ns)
    return _image(array, place)


@lru_cache(maxsize=1)  # or each image of a stack would unfold all before it
def _unfolded(path: str, name: str, size: int, changed: int) -> NDArray:
    with ZipFile(path) as archive, archive.open(name) as file:
        return npy.read_array(file, allow_pickle=False)


def _header(file: BinaryIO, size: int) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an array of `size` bytes, which are to be enough for it."""
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[npy.read_magic(file)]
    shape, _, dtype = read(file)
    if min(shape, default=0) < 0 or (not dtype.hasobject and math.prod(shape) * dtype.itemsize > size):
        raise ContentError(DAMAGED)
    return shape, dtype


def _images(shape: tuple[int, ...], dtype: np.dtype) -> int:
    """How many images an array holds, by its shape; 0 if it holds none."""
    if dtype.kind not in "buif" or len(shape) not in (2, 3) or not math.prod(shape):
        return 0
    return check_count(1 if len(shape) == 2 or shape[2] <= MOST_CHANNELS else shape[0])


def _image(array: NDArray, page: int | None) -> NDArray:
    several = array.ndim == 3 and array.shape[2] > MOST_CHANNELS
    image = array[one_of(len(array), page)] if several else array
    check_size(image.shape)
    return np.array(image)
