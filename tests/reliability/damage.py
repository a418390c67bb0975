"""Image files as they should not be: each way damages a good grey PNG at a path."""

import os
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image


def _array(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def _png(path, width, height):
    """A PNG that claims a size that its data does not have."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def _tiff(path, array, **how):
    path.unlink()
    tifffile.imwrite(path.with_suffix(".tif"), array, **how)
    return path.with_suffix(".tif")


def truncated(path, rng):
    os.truncate(path, int(path.stat().st_size * rng.uniform(0.05, 0.8)))


def empty(path, rng):
    path.write_bytes(b"")


def text(path, rng):
    path.write_text("depth,140\n" * rng.integers(1, 100))


def noise(path, rng):
    path.write_bytes(rng.bytes(int(rng.integers(1, 5000))))


def colour(path, rng):
    Image.fromarray(rng.integers(0, 255, (72, 48, 3), dtype=np.uint8)).save(path)


def alpha(path, rng):
    Image.fromarray(np.dstack([_array(path)] * 3 + [np.full((72, 48), 99, np.uint8)])).save(path)


def cmyk(path, rng):
    Image.new("CMYK", (48, 72), (1, 2, 3, 4)).save(path, format="JPEG")


def animated(path, rng):
    image = Image.fromarray(_array(path))
    image.save(path, save_all=True, append_images=[image.rotate(180)])


def one_pixel(path, rng):
    Image.new("L", (1, 1), 5).save(path)


def wrong_size(path, rng):
    Image.fromarray(_array(path)[: int(rng.integers(2, 70))]).save(path)


def huge_header(path, rng):
    _png(path, 65_000, 65_000)


def large_header(path, rng):
    _png(path, 9000, 9000)


def nan(path, rng):
    array = _array(path).astype(np.float32)
    array[rng.integers(72), rng.integers(48)] = rng.choice([np.nan, np.inf])
    return _tiff(path, array)


def deep(path, rng):
    return _tiff(path, _array(path).astype(np.uint16) * 257)


def cut_pages(path, rng):
    path = _tiff(path, np.stack([_array(path)] * 2), photometric="minisblack")
    truncated(path, rng)
    return path


def broken_link(path, rng):
    path.unlink()
    path.symlink_to("nowhere.png")


def loop(path, rng):
    path.unlink()
    path.symlink_to(path.name)


def pipe(path, rng):
    path.unlink()
    os.mkfifo(path)


def unreadable(path, rng):
    os.chmod(path, 0)


WAYS = (
    truncated, empty, text, noise, colour, alpha, cmyk, animated, one_pixel, wrong_size, huge_header, large_header, nan,
    deep, cut_pages, broken_link, loop, pipe, unreadable,
)  # fmt: skip
if os.geteuid() == 0:  # who may read everything
    WAYS = tuple(way for way in WAYS if way is not unreadable)


def damage(paths, rng):
    """Damages files, one way after another; returns the paths that cannot be used now, as they are called now."""
    return [WAYS[n % len(WAYS)](path, rng) or path for n, path in enumerate(paths)]
