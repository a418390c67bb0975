"""Files of every format, written as the programs that own the formats write them."""

import re
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, images_of, read_grey
from tests.data.io.instrument_files import field, gatan, gwyddion, simple_field

GREY = np.random.default_rng(3).integers(0, 255, (40, 30), dtype=np.uint8)
DEEP = GREY.astype(np.uint16) * 16
WRITERS = {
    "x.webp": lambda path: Image.fromarray(np.dstack([GREY] * 3)).save(path, lossless=True),
    "x.gif": lambda path: Image.fromarray(GREY).save(path),
    "x.jp2": lambda path: path.write_bytes(imagecodecs.jpeg2k_encode(GREY, level=0)),
    "x.j2k": lambda path: path.write_bytes(imagecodecs.jpeg2k_encode(GREY, level=0, codecformat="j2k")),
    "x.jxl": lambda path: path.write_bytes(imagecodecs.jpegxl_encode(GREY, lossless=True)),
    "boxes.jxl": lambda path: path.write_bytes(imagecodecs.jpegxl_encode(GREY, lossless=True, usecontainer=True)),
    "zstd.tif": lambda path: tifffile.imwrite(path, GREY, compression="zstd"),
    "webp.tif": lambda path: tifffile.imwrite(
        path, np.dstack([GREY] * 3), photometric="rgb", compression="webp", compressionargs={"lossless": True}
    ),
    "jxl.tif": lambda path: tifffile.imwrite(path, GREY, compression="jpegxl", compressionargs={"lossless": True}),
    "lerc.tif": lambda path: tifffile.imwrite(path, GREY, compression="lerc"),
    "png.tif": lambda path: tifffile.imwrite(path, GREY, compression="png"),
    "x.dm3": lambda path: path.write_bytes(gatan([GREY], 6)),
    "x.dm4": lambda path: path.write_bytes(gatan([GREY], 6, version=4)),
    "big.dm3": lambda path: path.write_bytes(gatan([GREY], 6, order=">")),
}


@pytest.mark.parametrize("name", WRITERS)
def test_levels_of_8_bits_are_read_as_they_are(tmp_path, name):
    WRITERS[name](tmp_path / name)
    assert images_of(str(tmp_path / name)) == [str(tmp_path / name)]
    assert np.array_equal(read_grey(tmp_path / name), GREY)


@pytest.mark.parametrize("name", ["x.jp2", "x.dm3", "x.dm4", "x.gwy", "x.gsf", "planes.png"])
def test_levels_of_more_bits_are_read_as_they_are(tmp_path, name):
    path = tmp_path / name
    if name == "x.jp2":
        path.write_bytes(imagecodecs.jpeg2k_encode(DEEP, level=0, bitspersample=12))
    elif name == "planes.png":
        path.write_bytes(imagecodecs.png_encode(np.dstack([DEEP] * 3)))
    elif name == "x.gsf":
        path.write_bytes(simple_field(DEEP))
        assert images_of(str(path)) == [str(path)]
    elif name == "x.gwy":
        path.write_bytes(gwyddion({"/0/data": field(DEEP)}))
    else:
        path.write_bytes(gatan([DEEP], 10, version=int(name[-1])))
    assert np.array_equal(read_grey(path, (0, 4095)), (DEEP * (255.0 / 4095)).astype(np.float32))


def test_each_image_of_gatan_and_gwyddion_is_one_of_its_own(tmp_path):
    (tmp_path / "s.dm3").write_bytes(gatan([np.stack([GREY, 254 - GREY])], 6))
    channels = {"/10/data": field(GREY // 2), "/2/data": field(GREY), "/2/data/title": "SE", "/2/mask": field(GREY)}
    (tmp_path / "s.gwy").write_bytes(gwyddion(channels))
    for name, second in (("s.dm3", 254 - GREY), ("s.gwy", GREY // 2)):
        names = images_of(str(tmp_path / name))
        assert names == [f"{tmp_path / name}::p{n:03}" for n in range(2)]
        levels = [read_grey(name, (0, 255)) for name in names]
        assert np.array_equal(levels[0], GREY) and np.array_equal(levels[1], second)


@pytest.mark.parametrize("n_title", range(4))
def test_a_simple_field_begins_after_one_to_four_zeros(tmp_path, n_title):
    """Twins of one image: whatever the length of the text, the values follow at a multiple of 4 bytes."""
    (tmp_path / "x.gsf").write_bytes(simple_field(GREY, title="t" * n_title))
    assert np.array_equal(read_grey(tmp_path / "x.gsf", (0, 255)), GREY)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: raw.replace(b"XRes = 30", b"XRes = -3"),
        lambda raw: raw.replace(b"XRes = 30", b"XRes = 3x"),
        lambda raw: raw.replace(b"YRes", b"Rows"),
        lambda raw: raw[:60].replace(b"\0", b" "),
    ],
)
def test_a_damaged_simple_field_is_refused(tmp_path, damage):
    (tmp_path / "x.gsf").write_bytes(damage(simple_field(GREY)))
    with pytest.raises(DataError, match=r"x\.gsf: damaged or cut short"):
        read_grey(tmp_path / "x.gsf", (0, 255))


def test_a_simple_field_of_a_huge_claim_is_refused_before_memory_is_taken(tmp_path):
    (tmp_path / "x.gsf").write_bytes(simple_field(GREY).replace(b"Res = ", b"Res = 9999"))
    with pytest.raises(DataError, match="claims more than 134,217,728 pixels"):
        read_grey(tmp_path / "x.gsf", (0, 255))


def test_olympus_says_which_page_has_the_data(tmp_path):
    with tifffile.TiffWriter(tmp_path / "s.tif") as tiff:
        tiff.write(np.dstack([255 - GREY] * 3), photometric="rgb", metadata=None)
        tiff.write(DEEP, metadata=None, extratags=[(33560, 4, 1, 8, True)])
    assert images_of(str(tmp_path / "s.tif")) == [str(tmp_path / "s.tif")]
    assert np.array_equal(read_grey(tmp_path / "s.tif", (0, 65535)), (DEEP / 257).astype(np.float32))


def test_two_detectors_are_two_images_and_an_older_mark_of_a_thumbnail_is_known(tmp_path):
    with tifffile.TiffWriter(tmp_path / "z.tif") as tiff:
        for image in (GREY, GREY // 2):
            tiff.write(image, subfiletype=2, metadata=None)
        tiff.write(GREY[::2, ::2], metadata=None, extratags=[(255, 3, 1, 2, True)])
    assert len(images_of(str(tmp_path / "z.tif"))) == 2


@pytest.mark.parametrize("kind", ["unspecified", "unassalpha"])
def test_only_what_is_called_alpha_is_transparency(tmp_path, kind):
    tifffile.imwrite(
        tmp_path / "x.tif", np.dstack([GREY] * 3 + [GREY]), photometric="rgb", extrasamples=[kind], metadata=None
    )
    if kind == "unspecified":
        assert np.array_equal(read_grey(tmp_path / "x.tif"), GREY)
    else:
        with pytest.raises(DataError, match="transparent pixels"):
            read_grey(tmp_path / "x.tif")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            DEEP,
            r"uint16 pixels of values 0..4064; use --grey_range LOW,HIGH \(.*\).* --grey_range 0,4064, the ",
        ),
        (DEEP * 16 + 16, r"--grey_range 16,65040, the smallest and largest value of this image"),
        (
            DEEP.astype(np.int16) - 90,
            r"int16 pixels of values -90..3974; -90 is below zero, .* --grey_range=-90,3974,",
        ),
        (GREY.view(np.int8), r"int8 pixels of values -128..127; -128 is below zero"),
        (
            GREY.astype(np.float32) / 255,
            r"float32 pixels of values 0..0.996\d+; .* --grey_range 0,0.996079, the",
        ),
    ],
    ids=["12 bits", "12 bits to the left", "signed", "signed bytes", "floats"],
)
def test_a_missing_grey_range_names_the_values_and_proposes_their_ends(tmp_path, values, message):
    tifffile.imwrite(tmp_path / "x.tif", values)
    with pytest.raises(DataError, match=message) as error:
        read_grey(tmp_path / "x.tif")
    assert "fits" not in str(error.value) and "the training images need the black" in str(error.value)
    low, high = re.search(r"--grey_range[ =](\S+?),(\S+),", str(error.value)).groups()
    assert read_grey(tmp_path / "x.tif", (float(low), float(high))).min() >= 0


def test_floating_point_whose_white_is_zero_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", GREY.astype(np.float32), photometric="miniswhite")
    with pytest.raises(DataError, match=r"white is 0 .*; invert them and save them as black is 0"):
        read_grey(tmp_path / "x.tif", (0, 255))


def test_a_missing_decoder_is_named_with_its_package(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "x.tif", GREY, compression="lzw")
    monkeypatch.setattr(tifffile.tifffile, "imagecodecs", object())
    monkeypatch.setattr(tifffile.TIFF.DECOMPRESSORS, "_codecs", {1: None})
    with pytest.raises(DataError, match=r"x.tif: needs the package imagecodecs: pip install imagecodecs \(.*LZW"):
        read_grey(tmp_path / "x.tif")


def test_a_packing_that_nothing_reads_is_named(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", GREY, metadata=None)
    with tifffile.TiffFile(tmp_path / "x.tif", mode="r+") as tiff:
        tiff.pages[0].tags["Compression"].overwrite(34661)
    with pytest.raises(DataError, match=r"packed as JBIG \(34661\), which is not read here; save it with LZW"):
        read_grey(tmp_path / "x.tif")


@pytest.mark.parametrize("packing", ["jpeg2000", "jpeg", "jpegxl", "lerc", "png"])
def test_a_packed_picture_larger_than_its_place_is_not_unpacked(tmp_path, packing):
    tifffile.imwrite(tmp_path / "x.tif", GREY, compression=packing)
    huge = np.zeros((3000, 3000), np.uint8)
    tifffile.imwrite(tmp_path / "huge.tif", huge, compression=packing)
    with tifffile.TiffFile(tmp_path / "huge.tif") as tiff:
        tiff.filehandle.seek(tiff.pages[0].dataoffsets[0])
        segment = tiff.filehandle.read(tiff.pages[0].databytecounts[0])
    end = (tmp_path / "x.tif").stat().st_size
    with tifffile.TiffFile(tmp_path / "x.tif", mode="r+") as tiff:
        tiff.pages[0].tags["StripOffsets"].overwrite(end + 4096)
        tiff.pages[0].tags["StripByteCounts"].overwrite(len(segment))
    with (tmp_path / "x.tif").open("r+b") as file:
        file.seek(end + 4096)
        file.write(segment)
    with pytest.raises(DataError, match="damaged or cut short"):
        read_grey(tmp_path / "x.tif")


@pytest.mark.parametrize("name", ["x.jxl", "x.j2k"])
def test_a_huge_claim_is_refused_before_memory_is_taken(tmp_path, name):
    WRITERS[name](tmp_path / name)
    content = bytearray((tmp_path / name).read_bytes())
    if name == "x.j2k":
        struct.pack_into(">2I", content, 8, 60_000, 60_000)
    else:  # not small; 30 bits each, no ratio
        bits = 3 << 1 | (1 << 29) << 3 | 3 << 36 | (1 << 29) << 38
        content[2:12] = bits.to_bytes(10, "little")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="claims more than 134,217,728 pixels"):
        read_grey(tmp_path / name)
