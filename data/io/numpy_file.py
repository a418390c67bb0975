"""Reads one image of a NumPy file: .npy with one array, .npz with several.

An array is an image (H, W), images (N, H, W), or an image of up to four equal channels (H, W, C). Other arrays in an
.npz, such as labels, are ignored.
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

from .header_checks import DAMAGED, MAX_PIXELS, ContentError, check_count, check_size, page_index

NPY, NPZ = b"\x93NUM", b"PK\3\4"  # the first four bytes of such files
MAX_HEADER_BYTES = 1 << 14  # NumPy itself reads no longer header
MAX_CHANNELS = 4
DECOMPRESS_LOCK = Lock()  # without it, several threads would decompress the same array


def count_npy_images(path: str | Path) -> int:
    """Number of images in an .npy file, from its header."""
    with open(path, "rb") as file:
        shape, dtype = _read_header(file, os.stat(path).st_size)
    return _count_images(shape, dtype)


def read_npy(path: Path, page: int | None) -> NDArray:
    """Pixels of one image; the other images are not read."""
    with path.open("rb") as file:
        shape, dtype = _read_header(file, path.stat().st_size)
    if not _count_images(shape, dtype):
        raise ContentError(f"an array of {dtype} {shape}; expected numbers, (H, W) or (N, H, W)")
    return _select_image(np.load(path, mmap_mode="r", allow_pickle=False), page)


def list_npz_images(path: str | Path) -> list[tuple[str, int]]:
    """(array name, number of images) of each array of an .npz that holds images, in file order, from the headers.

    Raises ContentError for more than MAX_PIXELS in all, which a small file may claim, and for compressions that NumPy
    does not write.
    """
    arrays, n_pixels = [], 0
    with ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise ContentError(
                    f"{member.filename} has a compression that NumPy cannot read; save it with np.savez_compressed"
                )
            with archive.open(member) as file:
                shape, dtype = _read_header(BytesIO(file.read(MAX_HEADER_BYTES)), member.file_size)
            if count := _count_images(shape, dtype):
                arrays.append((member.filename, count))
                n_pixels += math.prod(shape)
                check_count(sum(count for _, count in arrays))
    if n_pixels > MAX_PIXELS:
        raise ContentError(
            f"claims {n_pixels} pixels, more than the {MAX_PIXELS} that an .npz may hold; save .npy files"
        )
    return arrays


def read_npz(path: Path, page: int | None) -> NDArray:
    """Pixels of one image."""
    arrays = list_npz_images(path)
    index = page_index(sum(count for _, count in arrays), page)
    name, index = [(name, n) for name, count in arrays for n in range(count)][index]
    info = path.stat()
    with DECOMPRESS_LOCK:
        array = _load_npz_array(str(path), name, info.st_size, info.st_mtime_ns)
    return _select_image(array, index)


@lru_cache(maxsize=1)  # without it, each image of a stack would decompress the whole array; size and mtime are keys
def _load_npz_array(path: str, name: str, size: int, mtime_ns: int) -> NDArray:
    with ZipFile(path) as archive, archive.open(name) as file:
        return npy.read_array(file, allow_pickle=False)


def _read_header(file: BinaryIO, size: int) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an array; raises ContentError if it needs more than `size` bytes."""
    read_array_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[npy.read_magic(file)]
    shape, _, dtype = read_array_header(file)
    if min(shape, default=0) < 0 or (not dtype.hasobject and math.prod(shape) * dtype.itemsize > size):
        raise ContentError(DAMAGED)
    return shape, dtype


def _count_images(shape: tuple[int, ...], dtype: np.dtype) -> int:
    """Number of images in an array, from its shape; 0 if it holds none."""
    if dtype.kind not in "buif" or len(shape) not in (2, 3) or not math.prod(shape):
        return 0
    return check_count(1 if len(shape) == 2 or shape[2] <= MAX_CHANNELS else shape[0])


def _select_image(array: NDArray, page: int | None) -> NDArray:
    is_stack = array.ndim == 3 and array.shape[2] > MAX_CHANNELS
    image = array[page_index(len(array), page)] if is_stack else array
    check_size(image.shape)
    return np.array(image)
