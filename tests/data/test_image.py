"""What an image file may be, and what is said of the others."""

import os
import struct
import time
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, read_grey


def test_grey_and_identical_channels_are_the_same(tmp_path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    Image.fromarray(grey).save(tmp_path / "l.png")
    Image.fromarray(np.stack([grey] * 3, axis=2)).save(tmp_path / "rgb.png")
    for name in ("l.png", "rgb.png"):
        image = read_grey(tmp_path / name)
        assert image.dtype == np.uint8 and np.array_equal(image, grey)


def test_a_colour_image_is_refused(tmp_path):
    Image.new("RGB", (4, 3), (10, 20, 30)).save(tmp_path / "c.png")
    with pytest.raises(DataError, match=r"c.png: a colour image; convert"):
        read_grey(tmp_path / "c.png")


@pytest.mark.parametrize("name", ["deep.png", "deep.tiff"])
def test_sixteen_bits_need_a_declared_range_and_are_then_scaled(tmp_path, name):
    deep = np.array([[0, 1000], [2000, 4000]], dtype=np.uint16)
    if name.endswith("png"):
        Image.fromarray(deep).save(tmp_path / name)
    else:
        tifffile.imwrite(tmp_path / name, deep)
    with pytest.raises(DataError, match="--grey_range LOW,HIGH"):
        read_grey(tmp_path / name)
    assert np.allclose(read_grey(tmp_path / name, (0, 4000)), deep * (255 / 4000))
    with pytest.raises(DataError, match=r"values 0..4000 lie outside --grey_range 0,3000"):
        read_grey(tmp_path / name, (0, 3000))


def saved(path, image, **how):
    image.save(path, **how)


def grey(height=6, width=4):
    return Image.fromarray(np.arange(height * width, dtype=np.uint8).reshape(height, width))


def cut(path, _):
    os.truncate(path, path.stat().st_size * 3 // 4)


def huge_png(path):
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    about = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", about), (b"IDAT", zlib.compress(row * height)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    (tmp_path / "deep.png").write_bytes(png)
    with pytest.raises(DataError, match="16-bit colours"):
        read_grey(tmp_path / "deep.png")


def test_no_image_starts_a_program(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    (tmp_path / "bin/gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    (tmp_path / "e.png").write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 48 72\n%%EndComments\nshowpage\n%%EOF\n"
    )
    with pytest.raises(DataError, match="not an image of a known kind"):
        read_grey(tmp_path / "e.png")
    assert not (tmp_path / "started").exists()
