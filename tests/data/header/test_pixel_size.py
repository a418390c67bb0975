"""The size of a pixel, as instruments and programs write it."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, DataOptions, DatasetLayout
from data import InferenceImages as Images
from data.header import pixel_nm

GREY = np.zeros((24, 20), np.uint8)
NOTHING = {"metadata": None}


def text(tag, content):
    return {"extratags": [(tag, 2, None, content, True)], **NOTHING}


TIFFS = {
    "FEI": (text(34682, "[User]\r\nUser=x\r\n[Scan]\r\nPixelWidth=2.5e-009\r\nPixelHeight=2.5e-009\r\n"), 2.5),
    "Zeiss": (text(34118, "0\r\n1\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 1.75 nm\r\n"), 1.75),
    "Zeiss, picometres": (text(34118, "0\r\nAP_PIXEL_SIZE\r\nPixel Size = 750.0 pm\r\n"), 0.75 * 1024 / 20),
    "Zeiss, micrometres": (text(34118, "0\r\nAP_IMAGE_PIXEL_SIZE\r\nPixel Size = 0.5 µm\r\n".encode("cp1252")), 500),
    "ImageJ": ({"imagej": True, "resolution": (1 / 0.003, 1 / 0.003), "metadata": {"unit": "um"}}, 3),
    "ImageJ, no unit": ({"imagej": True, "resolution": (1, 1)}, None),
    "OME": ({"ome": True, "metadata": {"axes": "YX", "PhysicalSizeX": 0.002, "PhysicalSizeY": 0.002}}, 2),
    "OME, nanometres": (
        {"ome": True, "metadata": {"axes": "YX", "PhysicalSizeX": 4.0, "PhysicalSizeXUnit": "nm"}},
        4,
    ),
    "centimetres": ({"resolution": (5e6, 5e6), "resolutionunit": "CENTIMETER", **NOTHING}, 2),
    "inches": ({"resolution": (25.4e6 / 8, 25.4e6 / 8), "resolutionunit": "INCH", **NOTHING}, 8),
    "a scanner's 4,000 dpi": ({"resolution": (4000, 4000), "resolutionunit": "INCH", **NOTHING}, None),
    "a program's default": ({"resolution": (96, 96), "resolutionunit": "INCH", **NOTHING}, None),
    "nothing": (NOTHING, None),
}


@pytest.mark.parametrize("kind", TIFFS)
def test_what_a_tiff_says(tmp_path, kind):
    how, expected = TIFFS[kind]
    tifffile.imwrite(tmp_path / "x.tif", GREY, **how)
    found = pixel_nm(tmp_path / "x.tif")
    assert found is None if expected is None else found == pytest.approx(expected, rel=1e-5)


def test_what_a_png_says(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "x.png", dpi=(25.4e6 / 20, 25.4e6 / 20))
    assert pixel_nm(tmp_path / "x.png") == pytest.approx(20)
    Image.fromarray(GREY).save(tmp_path / "y.png", dpi=(72, 72))
    assert pixel_nm(tmp_path / "y.png") is None


def test_pixels_that_are_not_square_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", GREY, resolution=(5e6, 2.5e6), resolutionunit="CENTIMETER", metadata=None)
    with pytest.raises(DataError, match=r"x\.tif: pixels of 2 x 4 nm"):
        pixel_nm(tmp_path / "x.tif")


@pytest.mark.parametrize("content", [b"", b"II*\0", b"\x93NUMPY", b"no image"])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path, content):
    (tmp_path / "x.tif").write_bytes(content)
    assert pixel_nm(tmp_path / "x.tif") is None and pixel_nm(tmp_path / "none.tif") is None


def test_a_tests_first_image_says_it(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY, **TIFFS["FEI"][0])
    Image.fromarray(GREY).save(tmp_path / "b.png")
    images = Images.of(DatasetLayout(tmp_path), DataOptions(dataroot=str(tmp_path)), "test", 0)
    assert images.pixel_nm() == pytest.approx(2.5)


@pytest.mark.parametrize("other", [{}, {"resolution": (1e7, 1e7), "resolutionunit": "CENTIMETER"}])
def test_an_image_of_another_pixel_size_is_skipped(tmp_path, other):
    about = {"resolution": (1e7 / 2, 1e7 / 2), "resolutionunit": "CENTIMETER"}
    for name, tags in (("a", about), ("b", other), ("c", about)):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.full((72, 48), 100, np.uint8), **tags)
    images = Images.of(DatasetLayout(tmp_path), DataOptions(), "test", 0)
    assert images.pixel_nm() == pytest.approx(2)
    assert [stem for batch in images.batches(8, ahead=False) for stem in batch.stems] == ["a", "c"]
    (line,) = images.skipped.values()
    assert "b.tif" in line and "--pixel_nm" in line
    assert ("pixel size 1 nm; the commonest: 2 nm" if other else "states no pixel size; other images: 2 nm") in line
    images = Images.of(DatasetLayout(tmp_path), DataOptions(), "test", 0)  # --pixel_nm was given
    assert len(next(images.batches(8, ahead=False)).stems) == 3 and not images.skipped


def tiff(path, side_nm=0.0, dtype=np.uint8, side=72):
    tags = {"resolution": (1e7 / side_nm, 1e7 / side_nm), "resolutionunit": "CENTIMETER"} if side_nm else {}
    tifffile.imwrite(path, np.full((side, 48), 100, dtype), **tags)


def result_of(folder, **options):
    images = Images.of(DatasetLayout(folder), DataOptions(**options), "test", 0)
    width = images.pixel_nm()
    return width, [stem for batch in images.batches(8, ahead=False) for stem in batch.stems], images.skipped


def test_an_image_that_is_refused_does_not_decide_about_the_others(tmp_path):
    tiff(tmp_path / "a.tif", 5, np.uint16)
    tiff(tmp_path / "b.tif", 4, side=8)
    tiff(tmp_path / "c.tif", 2)
    tiff(tmp_path / "d.tif", 2)
    width, stems, skipped = result_of(tmp_path)
    assert width == pytest.approx(2) and stems == ["c", "d"]
    reasons = {name[-5:]: reason for name, reason in skipped.items()}
    assert "--grey_range" in reasons["a.tif"] and "at least 16" in reasons["b.tif"]


@pytest.mark.parametrize("order", [(5, 2, 2, 0), (2, 5, 2), (2, 2, 5, 4), (0, 0, 2), (5, 0, 2, 2.0001)])
def test_the_width_is_that_of_most_images_whatever_their_order(tmp_path, order):
    for n, width in enumerate(order):
        tiff(tmp_path / f"{n}.tif", width)
    images = Images.of(DatasetLayout(tmp_path), DataOptions(), "test", 0)
    assert images.pixel_nm() == pytest.approx(2)
    count = sum(round(width) == 2 for width in order)
    assert str(images.width) == f"2 nm, stated by {count} of {len(order)} images"


def test_two_widths_of_equally_many_images_are_refused_with_a_table(tmp_path):
    for n, width in enumerate((5, 2, 5, 2, 3)):
        tiff(tmp_path / f"{n}.tif", width)
    with pytest.raises(DataError, match="use --pixel_nm N") as error:
        Images.of(DatasetLayout(tmp_path), DataOptions(), "test", 0).pixel_nm()
    _, *table = str(error.value).splitlines()
    assert [line.split(", such")[0].strip() for line in table] == ["5 nm: 2 images", "2 nm: 2 images", "3 nm: 1 image"]
    tiff(tmp_path / "0.tif", 5, np.uint16)  # which cannot be used
    assert Images.of(DatasetLayout(tmp_path), DataOptions(), "test", 0).pixel_nm() == pytest.approx(2)


def test_an_image_whose_ground_truth_is_refused_does_not_decide_about_the_others(tmp_path):
    for name in ("testA", "testB"):
        (tmp_path / name).mkdir()
    tiff(tmp_path / "testA/a.tif", 5)
    tiff(tmp_path / "testA/b.tif", 2)
    tiff(tmp_path / "testB/a.tif", side=64)
    tiff(tmp_path / "testB/b.tif")
    width, stems, skipped = result_of(tmp_path)
    assert width == pytest.approx(2) and stems == ["b"]
    (reason,) = skipped.values()
    assert "64x48" in reason


def test_where_all_are_refused_the_width_is_not_the_reason(tmp_path):
    tiff(tmp_path / "a.tif", 5, np.uint16)
    width, stems, skipped = result_of(tmp_path)
    assert width == 0 and not stems and "--grey_range" in "".join(skipped.values())


@pytest.mark.parametrize("first, second", [(0, 2), (2, 0)])
def test_the_image_without_a_width_is_the_one_that_is_refused(tmp_path, first, second):
    tiff(tmp_path / "a.tif", first)
    tiff(tmp_path / "b.tif", second)
    width, stems, skipped = result_of(tmp_path)
    assert width == pytest.approx(2) and stems == ["b" if second else "a"]
    (reason,) = skipped.values()
    assert "states no pixel size; other images: 2 nm" in reason
    assert reason.endswith("use --pixel_nm 2 if it is that of all")
