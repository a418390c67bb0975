"""Maps and measures as a page shows them."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

from util.page import results_page
from util.page.colours import Colours
from util.page.maps import MAX_PIXELS, Maps
from util.page.packing import pack
from util.page.quantity_labels import quantity_labels
from util.results.image_result import ImageResult
from util.scoring.result_selection import ResultSelection


def hole(stem="one", shape=(192, 128), level=150):
    truth = np.full(shape, float(level))
    truth[shape[0] // 4 : -shape[0] // 4, shape[1] // 4 : -shape[1] // 4] = 30
    return ImageResult(stem, truth, truth + 1, truth + 1, truth=truth, level=level + 1)


def test_large_images_are_shrunk_and_keep_their_lengths():
    maps = Maps.from_result(hole(), 2.0, 96 * 64)
    assert maps.depth.shape == (96, 64) and maps.shrink == (2.0, 2.0)
    assert maps.depth.max() == 240 and np.abs(maps.error).max() == 0  # below each map's own top surface


def test_depths_are_in_the_page_as_16_bit_numbers_and_names_stay_text(tmp_path):
    selection = ResultSelection(1)
    selection.add([hole("</script><b>", (72, 48))])
    facts = {"run": "run", "nm_per_grey": 2.0, "pixel_nm": None}
    results_page.write(tmp_path, selection, facts, {"score": None, "measurement_errors": {}, "skipped": []})
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', page, re.S)[1])
    (one,) = data["holes"]
    assert one["stem"] == "</script><b>" and "</script><b>" not in page and one["shape"] == [72, 48]
    numbers = unpack(one["data"], (72, 48))
    assert one["layers"] == ["SEM", "depth", "truth"] and numbers[1, 36, 24] * data["step"] == pytest.approx(240)
    assert numbers[0, 0, 0] == 150 and numbers[0, 36, 24] == 30
    assert not list(tmp_path.glob("images"))


def unpack(text, shape):
    """The numbers (layer, H, W) that `pack` made a text of."""
    planes = zlib.decompress(base64.b85decode(text.replace(",", "<")))
    low, high = np.frombuffer(planes, np.uint8).reshape(2, -1).astype(np.int64)
    zigzag = low | high << 8
    return np.cumsum(np.cumsum((zigzag >> 1 ^ -(zigzag & 1)).reshape(-1, *shape), 1), 2).astype(np.int16)


def test_what_is_packed_comes_back_within_half_a_step():
    rng = np.random.default_rng(0)
    nm = rng.uniform(-1600, 1600, (9, 7))  # differences of neighbours leave 16 bits
    assert np.abs(unpack(pack({"depth": nm}, 0.05), (9, 7)) * 0.05 - nm).max() <= 0.0251
    assert (unpack(pack({"depth": np.array([[1e9, -1e9]])}, 0.05), (1, 2)) == [[32767, -32768]]).all()


def noisy(number, shape=(72, 48)):
    """A result with bad maps for a page: more noise than a SEM image of 20 frames has, and than networks leave."""
    rng = np.random.default_rng(number)
    truth = np.full(shape, 150.0, np.float32)
    truth[20:-20, 12:-12] = 30
    sem, depth = (truth + rng.normal(size=shape).astype(np.float32) * spread for spread in (6, 1))
    u90 = 3 + rng.normal(size=shape).astype(np.float32) / 2
    return ImageResult(f"{number}", sem.clip(0, 255), depth, truth=truth, level=150, depth_u90=u90)


@pytest.mark.parametrize("count, shape", [(1000, (72, 48)), (20, (600, 600))])
def test_a_page_of_many_or_large_images_stays_below_8_mb(tmp_path, count, shape):
    selection = results_page.new_selection(count, 1.0, 2.0)
    selection.add(noisy(number, shape) for number in range(count))
    facts = {"run": "run", "nm_per_grey": 1.0, "pixel_nm": 2.0}
    results_page.write(tmp_path, selection, facts, {"score": None, "measurement_errors": {}, "skipped": []})
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    holes = json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', page, re.S)[1])["holes"]
    assert len(page) < 8e6 and len(holes) == count
    least = min(hole["shape"][0] * hole["shape"][1] for hole in holes)
    assert least > 0.6 * min(shape[0] * shape[1], MAX_PIXELS)


def test_every_image_of_a_large_test_has_a_row_and_some_have_maps(tmp_path):
    selection = results_page.new_selection(3000, 1.0, 2.0)
    selection.add(noisy(number, (50, 30)) for number in range(3000))
    assert len(selection.shown) <= 1000 and len(selection.rows) == 3000
    assert [row.stem for row in selection.rows[:3]] == ["0", "1", "2"]


def test_one_range_holds_what_is_deepest_and_ticks_stay_short():
    assert Colours.fit([Maps.from_result(hole(), 1.0)], 1.0).depth == 150
    assert Colours.fit([Maps.from_result(hole(level=225), 1.0)], 1.0).depth == 200  # in steps of 10


def test_units_and_signs_of_measures():
    in_nm, in_px = quantity_labels(2.08), quantity_labels(0.0)
    assert in_nm["cd_half_x_nm"].label == "CD half, x" and in_nm["cd_half_x_nm"].unit == "nm"
    assert in_px["cd_half_x_nm"].unit == "px" and in_px["depth_mean_nm"].unit == "nm"
    assert "depth_mean_u90_nm" not in in_nm
    assert in_nm["depth_mean_nm"].text({"depth_mean_nm": 100.04, "depth_mean_u90_nm": 2.0}) == "100.0 ± 2.0"
    assert in_nm["cd_half_nm"].text({"cd_half_nm": 81.7, "cd_half_u90_nm": 0.034}) == "81.700 ± 0.034"
    assert in_nm["cd_half_nm"].text({"cd_half_nm": 81.7, "cd_half_u90_nm": 0.0996}) == "81.70 ± 0.10"
    assert in_nm["cd_half_nm"].text({"cd_half_nm": 1234.5, "cd_half_u90_nm": 123.0}) == "1230 ± 120"
    assert in_nm["cd_half_nm"].text({"cd_half_nm": 81.7, "cd_half_u90_nm": 0.0}) == "81.7"  # no interval is 0.0
    assert in_nm["volume_nm3"].text({"volume_nm3": 585_190.0}) == "585.2"
    assert in_nm["depth_max_nm"].number(-0.01, "+") == "+0.0" and in_nm["depth_max_nm"].text({}) == ""
    assert in_nm["orientation_deg"].difference({"orientation_deg": 89.0}, {"orientation_deg": -89.0}) == "\u22122.0"
