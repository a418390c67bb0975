"""Caches the decoded images of a data set in one memory-mapped file, and other arrays in files that are read whole.

A file of images begins with a block of JSON: a fingerprint of the image files, the shape and a checksum. A file is
renamed to its final name only when complete, so a killed or a second program never leaves half a file. The checksum
detects damage from a power cut. The images are pages of that file in the page cache of the operating system: all
programs share them, and the system frees them when memory is short.
"""

import io
import json
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES = 4096  # one memory page, so that the images are page-aligned
VERSION = "semdepth pack 1"
DIGEST_BYTES = 16
CHECKSUM_BYTES = 1 << 24  # per step of the checksum
ABANDONED_AFTER = 3600  # [s] without a write: an unfinished file is left over from a killed program


def load(path: Path, fingerprint: str) -> NDArray | None:
    """Images (N, H, W) of a cache file, read-only; None if it is missing, damaged, or made from other files."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.read(HEADER_BYTES))
        if head["version"] != VERSION or head["fingerprint"] != fingerprint:
            return None
        images = _map_images(path, head)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return images if _checksum(images) == head["checksum"] else None


def store(path: Path, fingerprint: str, chunks: Iterable[NDArray], unchanged: Callable[[], bool]) -> NDArray:
    """Writes chunks of images (n, H, W) to a cache file and returns them memory-mapped; raises OSError if it cannot.

    If `unchanged` returns False, the image files have changed meanwhile: then only this call uses the cache file.
    """
    with _unfinished(path) as unfinished:
        count, checksum = 0, 0
        with unfinished.open("xb") as file:
            file.write(b" " * HEADER_BYTES)
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
        images = _map_images(unfinished, head)
        if unchanged():
            unfinished.replace(path)
        return images


def load_arrays(path: Path, recipe: bytes) -> dict[str, NDArray]:
    """Arrays by name of a file from `store_arrays`; raises OSError, and ValueError if it is damaged or has another
    `recipe`."""
    content = path.read_bytes()
    if content[:DIGEST_BYTES] != _digest(content[DIGEST_BYTES:], recipe):
        raise ValueError("damaged or of another recipe")
    with np.load(io.BytesIO(content[DIGEST_BYTES:])) as arrays:
        return dict(arrays)


def store_arrays(path: Path, recipe: bytes, arrays: dict[str, NDArray]) -> None:
    """Writes arrays to a file, completely or not at all; raises OSError.

    It begins with a digest of the content and of the `recipe`, at most 64 bytes that tell how they are made.
    """
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    with _unfinished(path) as unfinished:
        unfinished.write_bytes(_digest(content.getvalue(), recipe) + content.getvalue())
        unfinished.replace(path)


def _digest(content: bytes, recipe: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST_BYTES, key=recipe).digest()


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """The name of a file that becomes `path` when it is complete, and is removed if it is not."""
    path.parent.mkdir(exist_ok=True)
    _remove_abandoned(path.parent)
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}.unfinished")
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


def _map_images(path: Path, head: dict) -> NDArray:
    shape, dtype = tuple(head["shape"]), np.dtype(head["dtype"])
    if path.stat().st_size != HEADER_BYTES + int(np.prod(shape)) * dtype.itemsize:
        raise ValueError("cut short")
    return np.asarray(np.memmap(path, dtype, "r", HEADER_BYTES, shape))


def _checksum(images: NDArray) -> int:
    flat, checksum = images.reshape(-1).view(np.uint8), 0
    for start in range(0, len(flat), CHECKSUM_BYTES):
        checksum = zlib.crc32(flat[start : start + CHECKSUM_BYTES].data, checksum)
    return checksum


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob("*.unfinished"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                path.unlink()
        except OSError:  # another program has removed it
            continue
