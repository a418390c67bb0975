"""A contact sheet shows every picture of every result, pixel by pixel."""

import numpy as np
import pytest
from PIL import Image

from benchmarks import contact_sheet
from benchmarks.result_pictures import pictures
from util.errors import UtilError
from util.results import ImageResult


def make_result(number):
    """A result whose pictures are random, so that no two have a row in common."""
    rng = np.random.default_rng(number)
    sem, raw, snapped, truth, u90 = rng.uniform(20, 170, (5, 72, 48)).astype(np.float32)
    hole_mask = np.zeros((72, 48), bool)
    hole_mask[20:50, 12:36] = True
    return ImageResult(
        f"{number:06d}", sem, raw, snapped, truth=truth, level=150, hole_mask=hole_mask, depth_u90=u90 / 6
    )


def colour_changes(row):
    """The colours of a row of pixels (W, 3), as numbers; equal neighbours count once."""
    numbers = row.astype(np.int64) @ [1 << 16, 1 << 8, 1]
    return numbers[np.append(True, np.diff(numbers) != 0)]


def position(sheet, picture):
    """Row and column [px] where the last row of a picture is in a sheet that enlarges it; None if a row is missing."""
    row, changes = 0, ""
    for pixels in np.asarray(picture.convert("RGB")):
        changes = ",".join(map(str, colour_changes(pixels)))
        while row < len(sheet) and changes not in sheet[row]:
            row += 1
        if row == len(sheet):
            return None
    return row, sheet[row].index(changes)


def read_sheet(path):
    """The colour changes of each row of a sheet, as text."""
    return [",".join(map(str, colour_changes(row))) for row in np.asarray(Image.open(path).convert("RGB"))]


def test_every_pixel_of_every_picture_is_in_the_sheet(tmp_path):
    results = [make_result(number) for number in range(3)]
    contact_sheet.write(tmp_path / "sheet.png", results)
    sheet = read_sheet(tmp_path / "sheet.png")
    names = list(pictures(results[0]))
    assert names == ["SEM", "contour", "raw", "snapped", "ground truth", "error", "U90"]
    positions = [[position(sheet, picture) for picture in pictures(result).values()] for result in results]
    assert all(all(corners) for corners in positions), "a picture is missing"
    for corners in positions:  # of one result
        rows = [row for row, _ in corners]
        assert rows == sorted(set(rows)), "pictures stand below each other, in their order"
    for corners in zip(*positions, strict=True):  # of one kind of picture
        rows, columns = zip(*corners, strict=True)
        assert len(set(rows)) == 1 and list(columns) == sorted(set(columns)), "results stand side by side, in order"


def test_without_a_result_no_sheet_is_written(tmp_path):
    with pytest.raises(UtilError, match="no results to show"):
        contact_sheet.write(tmp_path / "sheet.png", [])
    assert not list(tmp_path.iterdir())


def test_a_result_without_a_depth_map_has_no_depth_colours(tmp_path):
    mask = np.zeros((72, 48), bool)
    mask[20:50, 12:36] = True
    sem = np.random.default_rng(0).uniform(0, 255, (72, 48))
    result = ImageResult("a", sem, hole_mask=mask)
    contact_sheet.write(tmp_path / "sheet.png", [result])
    sheet = read_sheet(tmp_path / "sheet.png")
    assert all(position(sheet, picture) for picture in pictures(result).values())
