"""Damaged, hostile and foreign files: a header is never a reason to fail, and never costs much time."""

import json
import time

import numpy as np
import pytest
import tifffile

from data import ImageHeader, read_header
from tests.data.header import micrographs as m

ORIGINALS = {
    "zeiss": lambda path: m.zeiss(path, {"AP_IMAGE_PIXEL_SIZE": "Image Pixel Size = 2.2 nm"}, 64),
    "fei": m.fei,
    "phenom": lambda path: m.write_tiff(path, [(34683, m.ASCII, m.phenom_xml())]),
    "tescan": lambda path: m.write_tiff(path, [(50431, m.BYTE, m.tescan_tag())]),
    "olympus": m.sis,
    "tvips": m.tvips,
    "orion": lambda path: m.write_tiff(path, [(65000, m.ASCII, m.orion_xml(Fov="0.64 um", ScalingX="2.5e-9"))]),
    "point electronic": lambda path: m.write_tiff(path, [(700, m.BYTE, m.diss_xmp().encode())]),
    "fibsemOS": lambda path: m.write_tiff(path, [(270, m.ASCII, json.dumps(m.fibsemos_record()))]),
    "gatan": lambda path: m.write_tiff(path, m.gatan_tags()),
}


@pytest.mark.parametrize("maker", ORIGINALS)
def test_a_file_cut_or_changed_anywhere_still_gives_a_record(tmp_path, maker):
    raw = ORIGINALS[maker](tmp_path / "x.tif").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(raw)
        places = np.concatenate([rng.integers(0, 400, 3), rng.integers(0, len(raw), 3)]) % len(raw)
        for place in places:
            damaged[place] = rng.integers(256)
        (tmp_path / "y.tif").write_bytes(damaged[: rng.integers(4, len(raw))] if rng.random() < 0.5 else damaged)
        header = read_header(tmp_path / "y.tif", pixel_nm=2.5)
        assert isinstance(header, ImageHeader) and header.pixel_nm == 2.5
        assert header.data_bar_rows is None or header.data_bar_rows >= 0


@pytest.mark.parametrize("maker", ["fei", "phenom", "tescan"])
def test_every_entry_may_be_a_word(tmp_path, maker):
    """The values of all entries are replaced; nothing is read, and nothing raises."""
    path = ORIGINALS[maker](tmp_path / "x.tif")
    raw = bytearray(path.read_bytes())
    start = raw.index(b"[User]" if maker == "fei" else b"<?xml" if maker == "phenom" else b"AccFrames")
    raw[start:] = bytes(ord("?") if chr(byte).isdigit() else byte for byte in raw[start:])
    path.write_bytes(raw)
    header = read_header(path)
    assert header.maker is not None and header.pixel_nm is None and header.data_bar_rows is None


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (34683, "<FeiImage>" + "<pixelWidth>" * 300_000),
        (34683, "<FeiImage>" + '<pixelWidth unit="' * 300_000),
        (51023, "<Fibics><Scan>" + "<Ux " * 500_000),
        (700, "PixelSizeX" * 300_000),
        (700, "<d:HV>" * 300_000 + " PixelSizeX"),
        (65000, "<ImageTags>" + "<Fov><Value>" * 200_000),
        (65332, "<dCalibration " * 200_000),
        (270, "<OME>" + "<Pixels " * 300_000),
        (270, '{"pixel_size":' * 100_000),
        (34682, "[User]\n[Scan]\nPixelWidth=" + "9" * 2_000_000),
        (34682, "[Image]\nResolutionX=" + "9" * 2_000_000 + "\n[Scan]\nPixelWidth=1e-9999999999"),
        (34118, "AP_PIXEL_SIZE\n" * 200_000),
    ],
)
def test_a_hostile_header_costs_little_time(tmp_path, code, text):
    path = m.write_tiff(tmp_path / "x.tif", [(code, m.ASCII, text)])
    start = time.process_time()
    assert read_header(path).pixel_nm is None
    assert time.process_time() - start < 5


FRAGMENTS = [b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GWYP", b"\0\0\0\3"]


@pytest.mark.parametrize("content", [*FRAGMENTS, b"Gwyddion Simple Field 1.0\n"])
def test_a_fragment_says_nothing(tmp_path, content):
    (tmp_path / "x.tif").write_bytes(content)
    assert read_header(tmp_path / "x.tif") == ImageHeader() == read_header(tmp_path / "none.tif")


def test_big_tiff_and_both_byte_orders(tmp_path):
    for name, options in (
        ("a", {"bigtiff": True}),
        ("b", {"byteorder": ">"}),
        ("c", {"bigtiff": True, "byteorder": ">"}),
    ):
        tags = [(34682, 2, None, m.ini_text(m.fei_sections()), True)]
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, np.zeros((m.HEIGHT, m.WIDTH), np.uint16), extratags=tags, metadata=None, **options)
        header = read_header(path)
        assert header.pixel_nm == pytest.approx(2) and (header.bits, header.data_bar_rows) == (16, 16)
