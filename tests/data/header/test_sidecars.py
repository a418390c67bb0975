"""What texts beside an image say: JEOL, Hitachi and TESCAN, in their encodings, and whose text counts."""

import unicodedata

import numpy as np
import pytest
from PIL import Image

from data import DataError, read_header
from tests.data.header import micrographs as m

FULL = f"{m.WIDTH} 80"
NARROW = f"{2 * m.WIDTH} 160"

JEOL = {
    "marker and bar": ({"CM_FULL_SIZE": FULL, "SM_MICRON_BAR": "80", "SM_MICRON_MARKER": "200nm"}, 2.5, 16),
    "marker in micrometres": ({"SM_MICRON_BAR": "80", "SM_MICRON_MARKER": "0.2µm"}, 2.5, None),
    "marker with the Greek letter": ({"SM_MICRON_BAR": "80", "SM_MICRON_MARKER": "0.2μm"}, 2.5, None),
    "marker with u": ({"SM_MICRON_BAR": "80", "SM_MICRON_MARKER": "0.2um"}, 2.5, None),
    "saved narrower": ({"CM_FULL_SIZE": NARROW, "SM_MICRON_BAR": "80", "SM_MICRON_MARKER": "200nm"}, 5, 16),
    "pixel size": ({"CM_PIXEL_SIZE": "0.0025"}, 2.5, None),
    "pixel size with a comma": ({"CM_PIXEL_SIZE": "0,0025"}, 2.5, None),
    "field of view": ({"CM_FIELD_OF_VIEW": "0.64µm 0.24µm", "CM_IMAGE_SIZE": f"{m.WIDTH} {m.HEIGHT}"}, 2.5, None),
    "field of view, one unit": ({"CM_FIELD_OF_VIEW": "0.00064 0.00024mm"}, 2.5, None),
    "field of view with commas": ({"CM_FIELD_OF_VIEW": "0,64µm 0,24µm"}, 2.5, None),
    "an empty entry first": ({"CM_PIXEL_SIZE": "", "CM_FIELD_OF_VIEW": "0.64µm 0.24µm"}, 2.5, None),
    "a zero bar": ({"SM_MICRON_BAR": "0", "SM_MICRON_MARKER": "200nm", "CM_FIELD_OF_VIEW": "640nm 240nm"}, 2.5, None),
    "angles": ({"SM_MICRON_BAR": "80", "SM_MICRON_MARKER": "5deg.", "CM_PIXEL_SIZE": "0.0025"}, 2.5, None),
}


def write_image(path):
    Image.fromarray(np.zeros((m.HEIGHT, m.WIDTH), np.uint8)).save(path)
    return path


@pytest.mark.parametrize("kind", JEOL)
def test_jeol(tmp_path, kind):
    changes, expected, rows = JEOL[kind]
    (tmp_path / "x.txt").write_bytes(m.jeol_text(**changes).encode())
    header = read_header(write_image(tmp_path / "x.bmp"))
    assert header.pixel_nm == pytest.approx(expected) and header.data_bar_rows == rows
    assert (header.signal, header.voltage_kv, header.working_distance_mm, header.tilt_deg) == ("SEI", 5, 4.1, 30)
    assert header.maker == "JEOL" and not header.is_estimated


@pytest.mark.parametrize("magnification", ["50000", "x50,000", "50000.0"])
def test_a_width_from_the_magnification_is_an_estimate(tmp_path, magnification):
    (tmp_path / "x.txt").write_text(m.jeol_text(CM_MAG=magnification))
    header = read_header(write_image(tmp_path / "x.png"))
    assert header.is_estimated and header.pixel_nm == pytest.approx(128e6 / 50000 / m.WIDTH)


def test_three_statements_of_jeol_must_agree(tmp_path):
    text = m.jeol_text(CM_PIXEL_SIZE="0.0025", CM_FIELD_OF_VIEW="0.7um 0.3um", CM_FULL_SIZE=FULL)
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(DataError, match=r"2\.5 nm \(\$CM_PIXEL_SIZE in x\.txt\) and 2\.73.* nm .*--pixel_nm decides"):
        read_header(write_image(tmp_path / "x.png"))
    header = read_header(tmp_path / "x.png", pixel_nm=2.6)  # all else is read
    assert (header.pixel_nm, header.data_bar_rows, header.signal) == (2.6, 16, "SEI")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "shift-jis"])
@pytest.mark.parametrize("section", ["SemImageFile", "TemImageFile"])
def test_hitachi(tmp_path, encoding, section):
    (tmp_path / "x.txt").write_bytes(m.hitachi_text(section).encode(encoding))
    header = read_header(write_image(tmp_path / "x.png"))
    assert (header.maker, header.model, header.pixel_nm, header.voltage_kv) == ("Hitachi", "SU9999", 3.96875, 5)
    assert header.working_distance_mm == pytest.approx(4.1) and header.data_bar_rows is None


@pytest.mark.parametrize(
    ("changes", "expected", "is_estimated"),
    [
        ({"PixelSize": "3,96875"}, 3.96875, False),
        ({"PixelSize": "3.96875 nm"}, 3.96875, False),
        ({"DataSize": f"{2 * m.WIDTH}x{2 * m.HEIGHT}"}, 7.9375, False),
        ({"PixelSize": ""}, 127e6 / 1e5 / m.WIDTH, True),
        ({"PixelSize": "0", "DataSize": "512x192"}, 127e6 / 1e5 / m.WIDTH, True),
        ({"PixelSize": "", "InstructName": "TM3000"}, 166e6 / 1e5 / m.WIDTH, True),
        ({"PixelSize": "", "Magnification": ""}, None, False),
    ],
)
def test_hitachi_otherwise(tmp_path, changes, expected, is_estimated):
    (tmp_path / "x.txt").write_text(m.hitachi_text(**changes))
    header = read_header(write_image(tmp_path / "x.png"))
    assert header.is_estimated == is_estimated
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected)


@pytest.mark.parametrize("name", ["x-png.hdr", "x-PNG.HDR", "x.hdr", "x.HDR", "x.Txt"])
def test_tescan(tmp_path, name):
    (tmp_path / name).write_text(m.ini_text(m.tescan_sections()))
    header = read_header(write_image(tmp_path / "x.png"))
    assert header.pixel_nm == pytest.approx(2.5012) and header.data_bar_rows == 20 and header.signal == "SE"
    assert read_header(write_image(tmp_path / "y.png")).pixel_nm is None


def test_a_text_of_another_image_or_about_something_else_is_not_read(tmp_path):
    (tmp_path / "x-tif.hdr").write_text(m.ini_text(m.tescan_sections()))
    (tmp_path / "x2.txt").write_text(m.hitachi_text())
    (tmp_path / "x.txt").write_text("My notes: PixelSize=5, see [SemImageFile]\nPixelSizeX=2e-9\n")
    (tmp_path / "x.hdr").write_text("ENVI\nsamples = 256\n")
    header = read_header(write_image(tmp_path / "x.png"))
    assert header.maker is None and header.pixel_nm is None


@pytest.mark.parametrize(("image", "text"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_count_as_equal_in_all_normal_forms(tmp_path, image, text):
    (tmp_path / unicodedata.normalize(text, "löcher.TXT")).write_text(m.hitachi_text())
    assert read_header(write_image(tmp_path / unicodedata.normalize(image, "löcher.png"))).pixel_nm == 3.96875


def test_a_text_that_appears_later_is_read(tmp_path):
    path = write_image(tmp_path / "x.png")
    assert read_header(path).pixel_nm is None
    (tmp_path / "x.txt").write_text(m.hitachi_text())
    assert read_header(path).pixel_nm == 3.96875


def test_tag_and_text_must_agree(tmp_path):
    path = m.write_tiff(tmp_path / "x.tif", [(50431, m.BYTE, m.tescan_tag())])
    (tmp_path / "x-tif.hdr").write_text(m.ini_text(m.tescan_sections(PixelSizeX="2.52e-9")))
    assert read_header(path).pixel_nm == pytest.approx(2.5012)
    (tmp_path / "x-tif.hdr").write_text(m.ini_text(m.tescan_sections(PixelSizeX="5e-9")))
    with pytest.raises(DataError, match=r"2\.5012 nm \(PixelSizeX\) and 5 nm \(PixelSizeX in x-tif\.hdr\)"):
        read_header(path)


TWO_TEXTS = {
    "TESCAN": lambda size: m.ini_text(m.tescan_sections(PixelSizeX=size and f"{size}e-9")),
    "Hitachi": lambda size: m.hitachi_text(PixelSize=size),
    "JEOL": lambda size: m.jeol_text(CM_PIXEL_SIZE=size and f"{size}e-3"),
}


@pytest.mark.parametrize("maker", TWO_TEXTS)
@pytest.mark.parametrize("size", ["", "0", "2.5"])
def test_a_text_without_a_width_does_not_hide_another_text(tmp_path, maker, size):
    names = ["x.hdr", "x.txt"]
    for name, stated in zip(names, [size, "2.5"], strict=True):
        (tmp_path / name).write_text(TWO_TEXTS[maker](stated))
    header = read_header(write_image(tmp_path / "x.png"))
    assert header.pixel_nm == pytest.approx(2.5) and not header.is_estimated
    (tmp_path / names[0]).write_text(TWO_TEXTS[maker]("5"))
    with pytest.raises(DataError, match=r"states two pixel widths, .* nm \(.*x\..*\) and .* nm \(.*x\..*\)"):
        read_header(tmp_path / "x.png")
    assert read_header(tmp_path / "x.png", pixel_nm=2.5).maker == header.maker


def test_a_text_beside_an_image_counts_more_than_its_resolution(tmp_path):
    (tmp_path / "x.txt").write_text(m.hitachi_text())
    path = m.write_tiff(tmp_path / "x.tif", resolution=(5e6, 5e6, "CENTIMETER"))
    assert read_header(path).pixel_nm == 3.96875
