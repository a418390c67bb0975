"""Decoded images in one file, mapped into memory: what a data set is read from after the first time.

The file begins with a block of JSON: what it was made of (a fingerprint of the image files), its shape, its checksum.
It appears in one move once it is whole, so neither a kill nor a second program can leave half of one; what a power cut
leaves, the checksum tells. The images are
pages of that file and no program's own: they cost memory once, however many programs read them, and only while there
is room.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096  # bytes that the JSON takes; a page, so that the images begin at one
VERSION = "semdepth pack 1"
CHUNK = 1 << 24  # bytes that are checked at a time
ABANDONED = 3600  # [s] after which an unfinished file that nobody writes to belongs to a killed program


def load(path: Path, fingerprint: str) -> NDArray | None:
    """The images (N, H, W) of a pack, read-only; None if there is none, or one of other files, or a damaged one."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.read(BLOCK))
        if head["version"] != VERSION or head["fingerprint"] != fingerprint:
            return None
        images = _mapped(path, head)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return images if _checksum(images) == head["checksum"] else None


def store(path: Path, fingerprint: str, chunks: Iterable[NDArray], unchanged: Callable[[], bool]) -> NDArray:
    """Writes chunks of images (n, H, W) as a pack, and returns it mapped; raises OSError where it cannot be written.

    If the files have changed meanwhile, as `unchanged` tells, the pack serves this program alone.
    """
    path.parent.mkdir(exist_ok=True)
    _remove_abandoned(path.parent)
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}.unfinished")
    try:
        count, checksum = 0, 0
        with unfinished.open("xb") as file:
            file.write(b" " * BLOCK)
            for chunk in chunks:
                content = np.ascontiguousarray(chunk)
                file.write(content.data)
                count, checksum = count + len(chunk), zlib.crc32(content.data, checksum)
            head = {
                "version": VERSION,
                "fingerprint": fingerprint,
                "shape": [count, *chunk.shape[1:]],
                "dtype": chunk.dtype.str,
                "checksum": checksum,
            }
            file.seek(0)
            file.write(json.dumps(head).encode())
        images = _mapped(unfinished, head)
        if unchanged():
            unfinished.replace(path)
        return images
    finally:
        unfinished.unlink(missing_ok=True)


def _mapped(path: Path, head: dict) -> NDArray:
    shape, dtype = tuple(head["shape"]), np.dtype(head["dtype"])
    if path.stat().st_size != BLOCK + int(np.prod(shape)) * dtype.itemsize:
        raise ValueError("cut short")
    return np.asarray(np.memmap(path, dtype, "r", BLOCK, shape))


def _checksum(images: NDArray) -> int:
    flat, checksum = images.reshape(-1).view(np.uint8), 0
    for start in range(0, len(flat), CHUNK):
        checksum = zlib.crc32(flat[start : start + CHUNK].data, checksum)
    return checksum


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob("*.unfinished"):
        try:
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()
        except OSError:  # another program was faster
            continue
