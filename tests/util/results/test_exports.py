"""The files of a test for other programs: beside the others, whole or not at all, with the pixel size in TIFFs."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from options.inference_options import EXPORTS as CHOICES
from util.errors import UtilError
from util.results.export_formats import EXPORTS
from util.results.image_result import ImageResult
from util.results.results_writer import WRITTEN, ResultsWriter


def result(stem="one", depth=None):
    depth = np.linspace(30, 140, 12 * 8).reshape(12, 8) if depth is None else depth
    return ImageResult(stem, np.zeros((12, 8), np.uint8), depth, level=140, depth_u90=np.ones((12, 8)))


def write(folder, *results, **more):
    with ResultsWriter(folder, 1.5, **more) as writer:
        for one in results:
            writer.add([one])
        writer.write_metrics({})
    return folder


def test_what_may_be_asked_for_is_what_there_is():
    assert tuple(EXPORTS) == CHOICES and set(EXPORTS) < set(WRITTEN)


def test_each_export_lies_in_a_folder_of_its_name(tmp_path):
    folder = write(tmp_path / "r", result(), result("two"), pixel_nm=2.0, export=CHOICES)
    for kind in CHOICES:
        assert {path.name for path in (folder / kind).iterdir()} == {f"one.{kind}", f"two.{kind}"}
        assert (folder / kind / f"two.{kind}").read_bytes() == EXPORTS[kind](result("two"), 1.5, 2.0)
    write(folder, result())
    assert not any((folder / kind).exists() for kind in CHOICES), "the next results replace all of them"


def test_an_export_that_cannot_be_made_leaves_the_results_before(tmp_path):
    folder = write(tmp_path / "r", result(), export=("ply",))
    before = (folder / "ply/one.ply").read_bytes()
    with pytest.raises(UtilError, match="sides of 2 px"):
        write(folder, result(depth=np.zeros((1, 8))), export=("ply",))
    assert (folder / "ply/one.ply").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".r.lock", "r"]


@pytest.mark.parametrize("pixel_nm", [0.01, 0.7, 2.08, 1e6])
@pytest.mark.parametrize("kind", ["depth_nm", "depth_u90_nm"])
def test_tiffs_say_how_wide_a_pixel_is(tmp_path, kind, pixel_nm):
    path = write(tmp_path / "r", result(), pixel_nm=pixel_nm) / kind / "one.tiff"
    with tifffile.TiffFile(path) as file:
        tags, said = file.pages[0].tags, file.imagej_metadata
        assert tags["ResolutionUnit"].value == tifffile.RESUNIT.CENTIMETER
        for name in ("XResolution", "YResolution"):
            count, per = tags[name].value
            assert 1e7 * per / count == pytest.approx(pixel_nm, rel=1e-6)
        assert (said["unit"], said["vunit"], said["pixel_nm"]) == ("um", "nm", pixel_nm)
    with Image.open(path) as image:
        assert image.mode == "F" and image.info["dpi"] == pytest.approx((2.54e7 / pixel_nm,) * 2, rel=1e-6)
        expected = (140 - result().raw_depth) * 1.5 if kind == "depth_nm" else np.full((12, 8), 1.5)
        assert np.asarray(image) == pytest.approx(expected)
        assert (np.asarray(image) == tifffile.imread(path)).all()


def test_tiffs_say_nothing_of_a_pixel_that_nobody_knows(tmp_path):
    with tifffile.TiffFile(write(tmp_path / "r", result()) / "depth_nm/one.tiff") as file:
        assert "ImageDescription" not in file.pages[0].tags
        assert file.pages[0].tags["ResolutionUnit"].value == tifffile.RESUNIT.NONE


@pytest.mark.parametrize("pixel_nm", [1e-5, 1e7, float("nan")])
def test_a_pixel_that_no_tiff_can_hold_is_refused(tmp_path, pixel_nm):
    with pytest.raises(UtilError, match="use --pixel_nm"):
        ResultsWriter(tmp_path / "r", 1.0, pixel_nm=pixel_nm)
