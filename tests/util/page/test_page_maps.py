"""Maps and measures as a page shows them."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

from util.page import results_page
from util.page.colours import Colours
from util.page.maps import MAX_SIDE, Maps
from util.page.quantity_labels import quantity_labels
from util.results.image_result import ImageResult
from util.scoring.result_selection import ResultSelection


def hole(stem="one", shape=(192, 128), level=150):
    truth = np.full(shape, float(level))
    truth[shape[0] // 4 : -shape[0] // 4, shape[1] // 4 : -shape[1] // 4] = 30
    return ImageResult(stem, truth, truth + 1, truth + 1, truth=truth, level=level + 1)


def test_large_images_are_shrunk_and_keep_their_lengths():
    maps = Maps.from_result(hole(), 2.0)
    assert maps.depth.shape == (MAX_SIDE, 64) and maps.shrink == (2.0, 2.0)
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
    numbers = np.frombuffer(zlib.decompress(base64.b64decode(one["data"])), "<i2").reshape(2, 72, 48)
    assert one["layers"] == ["depth", "truth"] and numbers[0, 36, 24] * data["step"] == pytest.approx(240)
    assert not list(tmp_path.glob("images"))


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
