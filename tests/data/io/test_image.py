"""Which image files are read, and the messages for the others."""

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
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    content = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def bomb_tiff(path):
    """A strip that unfolds to far more than the image that it is to be."""
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), compression="zlib")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        count = tiff.pages[0].tags["StripByteCounts"]
    strip = zlib.compress(bytes(200_000_000))
    struct.pack_into("<I", content, count.valueoffset, len(strip))
    with tifffile.TiffFile(path) as tiff:
        struct.pack_into("<I", content, tiff.pages[0].tags["StripOffsets"].valueoffset, len(content))
    path.write_bytes(content + strip)


BAD = {
    "empty.png": (lambda path: path.write_bytes(b""), "empty"),
    "empty.tif": (lambda path: path.write_bytes(b""), "empty"),
    "text.png": (lambda path: path.write_bytes(b"not an image"), "not an image in a known format"),
    "text.tif": (lambda path: path.write_bytes(b"not an image"), "not an image in a known format"),
    "loop.png": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "head.png": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "not an image in a known format"),
    "colour.png": (lambda path: saved(path, Image.new("RGB", (4, 3), (10, 20, 30))), "a colour image"),
    "alpha.png": (lambda path: saved(path, Image.new("LA", (4, 3), (10, 20))), "transparent pixels"),
    "clear.png": (lambda path: saved(path, grey().convert("P"), transparency=3), "transparent pixels"),
    "cmyk.tif": (lambda path: saved(path, Image.new("CMYK", (4, 3))), "convert it to grey"),
    "cmyk.jpg": (lambda path: saved(path, Image.new("CMYK", (4, 3))), "CMYK pixels"),
    "film.png": (lambda path: saved(path, grey(), save_all=True, append_images=[grey(6, 4).rotate(180)]), "2 frames"),
    "pages.png": (
        lambda path: tifffile.imwrite(path, np.zeros((3, 8, 8), np.uint8), photometric="minisblack"),
        "3 images",
    ),
    "alpha.tif": (
        lambda path: tifffile.imwrite(path, np.zeros((8, 8, 4), np.float32), photometric="rgb"),
        "transparent pixels",
    ),
    "huge.png": (huge_png, "claims more than 134,217,728 pixels"),
    "bomb.tif": (bomb_tiff, "damaged or cut short"),
    "nan.tif": (lambda path: tifffile.imwrite(path, np.full((4, 4), np.nan, np.float32)), "16 pixels of value NaN"),
    "complex.tif": (lambda path: tifffile.imwrite(path, np.zeros((4, 4), np.complex64)), "complex64 pixels"),
    "link.png": (lambda path: path.symlink_to("nowhere"), "a link to a file that does not exist"),
    "folder.png": (lambda path: path.mkdir(), "not a file"),
    "pipe.png": (os.mkfifo, "not a file"),
    "cut.png": (lambda path: cut(path, saved(path, grey(72, 48))), "damaged or cut short"),
    "cut.jpg": (lambda path: cut(path, saved(path, grey(72, 48))), "damaged or cut short"),
    "cut.tif": (lambda path: cut(path, tifffile.imwrite(path, np.zeros((72, 48), np.uint8))), "damaged or cut short"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_that_says_why_at_once(tmp_path, name):
    make, reason = BAD[name]
    make(tmp_path / name)
    began = time.monotonic()
    with pytest.raises(DataError) as caught:
        read_grey(tmp_path / name, (0, 1))
    assert time.monotonic() - began < 2
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: ") and reason in message and "\n" not in message


def test_what_says_the_same_otherwise_is_read_as_it_is(tmp_path):
    image = np.arange(24, dtype=np.uint8).reshape(6, 4)
    saved(tmp_path / "opaque.png", grey().convert("LA"))
    saved(tmp_path / "palette.png", grey().convert("P"))
    tifffile.imwrite(tmp_path / "inverse.tif", ~image, photometric="miniswhite")
    for kind in ("tiff_lzw", "packbits", "tiff_adobe_deflate"):
        saved(tmp_path / f"{kind}.tif", grey(), compression=kind)
    saved(tmp_path / "png.tif", grey(), format="PNG")
    for name in sorted(path.name for path in tmp_path.iterdir()):
        assert np.array_equal(read_grey(tmp_path / name), image), name


@pytest.mark.parametrize("width", [54, 720])  # rows of 164 and 2,160 bytes: Pillow tells the length beside the type
def test_the_length_of_a_row_is_no_number_of_bits(tmp_path, width):
    levels = np.random.default_rng(1).integers(0, 256, (20, width), np.uint8)
    Image.fromarray(np.dstack([levels] * 3)).save(tmp_path / "x.bmp")
    assert np.array_equal(read_grey(tmp_path / "x.bmp"), levels)


def test_a_name_that_does_not_print_stays_one_line(tmp_path):
    (tmp_path / "two\nlines.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"two\\nlines.png: empty"):
        read_grey(tmp_path / "two\nlines.png")


def test_colours_of_16_bits_are_not_cut_to_8(tmp_path):
    about = struct.pack(">IIBBBBB", 20, 16, 16, 2, 0, 0, 0)
    rows = (b"\0" + bytes((3, 232)) * 60) * 16  # 1,000 in each channel
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", about), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        png += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    (tmp_path / "deep.png").write_bytes(png)
    assert np.allclose(read_grey(tmp_path / "deep.png", (0, 1000)), 255)


def test_no_image_starts_a_program(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    (tmp_path / "bin/gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    page = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 48 72\n%%EndComments\nshowpage\n%%EOF\n"
    (tmp_path / "e.png").write_text(page)
    with pytest.raises(DataError, match="not an image in a known format"):
        read_grey(tmp_path / "e.png")
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    ("kind", "low", "high", "ends", "proposal"),
    [
        ("float32", 0, 1, (0, 65535), " 0,1"),
        ("float64", -1, 1, (-32768, 32767), "=-1,1"),
        ("uint16", 0, 200, (0, 65535), " 0,200"),
    ],
)
def test_values_within_one_grey_level_of_the_range_are_those_of_another_range(
    tmp_path, kind, low, high, ends, proposal
):
    np.save(tmp_path / "a.npy", np.linspace(low, high, 20 * 24).reshape(20, 24).astype(kind))
    black, white = ends
    with pytest.raises(DataError) as error:
        read_grey(tmp_path / "a.npy", ends)
    said = (
        f"a.npy: {kind} pixels of values {low}..{high} are less than one grey level of --grey_range {black},{white}; "
    )
    assert said + f"use --grey_range{proposal}, the smallest" in str(error.value)
    np.save(tmp_path / "level.npy", np.float32(150) + np.linspace(0, 1e-5, 480, dtype=np.float32).reshape(20, 24))
    assert np.ptp(read_grey(tmp_path / "level.npy", (0, 65535))) < 1e-3, "an image of one level is none of them"
