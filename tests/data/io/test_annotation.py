"""Colour on grey images: palettes that are grey, annotation that is filled, and pictures that are refused."""

import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, GreyImage, read_grey, read_image
from data.io.annotation import MAX_PICTURES

GREY = np.random.default_rng(3).integers(60, 200, (96, 128), dtype=np.uint8)
RAMP = np.arange(256, dtype=np.uint16)


def rgb(mask, colour=(255, 0, 0)):
    image = np.dstack([GREY] * 3)
    image[mask] = colour
    return image


def box(rows, columns):
    mask = np.zeros(GREY.shape, bool)
    mask[rows, columns] = True
    return mask


@pytest.mark.parametrize("step", [256, 257])
@pytest.mark.parametrize("falls", [False, True])
def test_a_grey_palette_is_looked_up(tmp_path, step, falls):
    ramp = (RAMP[::-1] if falls else RAMP) * step
    tifffile.imwrite(tmp_path / "p.tif", 255 - GREY if falls else GREY, colormap=np.tile(ramp, (3, 1)))
    image = read_image(tmp_path / "p.tif")
    assert np.array_equal(image.levels, GREY) and image.annotation is None and not image.notes()


def test_a_palette_of_8_bits_where_16_belong_is_looked_up(tmp_path):
    tifffile.imwrite(tmp_path / "p.tif", GREY, colormap=np.tile(RAMP, (3, 1)))
    assert np.array_equal(read_grey(tmp_path / "p.tif"), GREY)


def test_white_text_with_an_entry_of_its_own_is_annotation_where_the_palette_has_colours(tmp_path):
    colours = np.tile(RAMP * 257, (3, 1))
    colours[:, 18], colours[:, 243] = (0, 65535, 0), 65535
    stored = GREY.copy()
    stored[90, 10:20], stored[92, 30:40] = 18, 243
    tifffile.imwrite(tmp_path / "p.tif", stored, colormap=colours)
    image = read_image(tmp_path / "p.tif")
    assert np.array_equal(np.argwhere(image.annotation)[[0, -1]], [[90, 10], [92, 39]])
    assert image.annotation.sum() == 20 and image.levels.max() < 200
    assert np.array_equal(image.levels[:90], GREY[:90])


def test_a_palette_of_colours_is_a_colour_image(tmp_path):
    colours = np.stack([RAMP * 257, RAMP[::-1] * 257, RAMP * 128])
    tifffile.imwrite(tmp_path / "p.tif", GREY, colormap=colours)
    with pytest.raises(DataError, match=r"p.tif: a colour image; convert it to grey first \(100% of it"):
        read_grey(tmp_path / "p.tif")


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_a_cursor_is_filled_from_its_neighbours_and_counted(tmp_path, suffix):
    mask = box(slice(40, 42), slice(20, 60))
    Image.fromarray(rgb(mask)).save(tmp_path / f"c.{suffix}")
    image = read_image(tmp_path / f"c.{suffix}")
    assert np.array_equal(image.levels[~mask], GREY[~mask]) and np.array_equal(image.annotation, mask)
    expected = np.mean([GREY[39, column - 1 : column + 2] for column in range(21, 59)], axis=1)
    assert np.abs(image.levels[40, 21:59] - expected).max() <= 0.5
    (note,) = image.notes()
    assert note.endswith(
        "c." + suffix + ": 80 pixels (0.65%) are annotation in colour (rows 40 to 41, columns 20 to 59); they are "
        "filled from their neighbours"
    )


def test_more_than_one_per_cent_is_refused_with_its_place(tmp_path):
    Image.fromarray(rgb(box(slice(30, 40), slice(20, 60)))).save(tmp_path / "c.png")
    with pytest.raises(DataError, match=r"c.png: annotation in colour covers 3.3% of it \(rows 30 to 39, columns 20"):
        read_grey(tmp_path / "c.png")


def picture_of(message):
    """The picture (H, W, 3) that a refusal names, and its path."""
    (path,) = re.findall(r"(/\S+\.png) shows it in red", message)
    return np.asarray(Image.open(path)), Path(path)


def test_a_refusal_names_a_picture_of_the_annotation_and_of_the_crop(tmp_path, monkeypatch):
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path / "images")
    mask = box(slice(30, 40), slice(20, 60))
    Image.fromarray(rgb(mask, (0, 0, 255))).save("c ü.png")
    with pytest.raises(DataError) as error:
        read_grey("c ü.png")
    shown, path = picture_of(str(error.value))
    assert path.is_relative_to(tempfile.gettempdir()) and path.parent.name.startswith("semdepth_annotation_")
    assert np.array_equal((shown == (255, 0, 0)).all(axis=2), mask)
    assert np.array_equal(shown[~mask], np.dstack([GREY] * 3)[~mask])

    folder = tmp_path / "results/run_annotation"
    with pytest.raises(DataError, match="rows 32 to 39, columns 20 to 59") as error:
        read_image("c ü.png").check((slice(32, 80), slice(10, 90)), folder)
    shown, path = picture_of(str(error.value))
    assert path.parent == folder
    assert (shown[32, 10:90] == shown[79, 89]).all() and (shown[32:80, 10] == shown[32, 89]).all()
    assert [path.name for path in Path().iterdir()] == ["c ü.png"], "nothing is written among the images"


def test_pictures_do_not_fill_a_disk_and_one_that_cannot_be_written_hides_no_refusal(tmp_path):
    image = GreyImage("a.png", GREY, box(slice(30, 40), slice(20, 60)))
    for n in range(MAX_PICTURES + 5):
        with pytest.raises(DataError, match="annotation in colour covers") as error:
            replace(image, name=f"{n}.png").check(pictures=tmp_path / "p")
    assert len(list((tmp_path / "p").iterdir())) == MAX_PICTURES
    assert f"{tmp_path / 'p'} shows where others have it" in str(error.value)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"annotation in colour .* its picture cannot be written"):
        image.check(pictures=tmp_path / "file")


def test_a_corner_of_a_small_image_is_no_data_bar_but_a_coloured_line_of_text_is(tmp_path):
    Image.fromarray(rgb(box(slice(88, 94), slice(5, 40)))).save(tmp_path / "corner.png")
    with pytest.raises(DataError, match="annotation in colour"):
        read_grey(tmp_path / "corner.png")
    bar = box(slice(84, 94), slice(4, 120))
    Image.fromarray(rgb(bar)).save(tmp_path / "bar.png")
    assert np.array_equal(read_grey(tmp_path / "bar.png")[:84], GREY[:84])
    image = read_image(tmp_path / "bar.png")
    image.check((slice(0, 80), slice(0, 60)))
    with pytest.raises(DataError, match=r"bar.png: annotation in colour covers 4.1% of it"):
        image.check((slice(40, 86), slice(0, 60)))


def test_a_jpeg_is_lossy_and_its_colours_spread_no_further_than_their_mask(tmp_path):
    smooth = np.add.outer(np.arange(96), np.arange(128)).astype(np.uint8)
    image = np.dstack([smooth] * 3)
    image[40:42, 30:36] = 255, 0, 0
    Image.fromarray(image).save(tmp_path / "c.jpg", quality=90)
    read = read_image(tmp_path / "c.jpg")
    read.check()
    outside = np.ones(smooth.shape, bool)
    outside[32:50, 24:44] = False
    assert np.abs(read.levels[outside].astype(int) - smooth[outside]).max() <= 6
    filled, lossy = read.notes()
    assert f"c.jpg: {read.annotation.sum()} pixels" in filled and "JPEG is lossy" in lossy


def test_a_tinted_picture_is_a_colour_image(tmp_path):
    tinted = np.dstack([GREY, GREY, GREY - 20])
    for name in ("t.jpg", "t.png"):
        Image.fromarray(tinted).save(tmp_path / name)
        with pytest.raises(DataError, match="a colour image"):
            read_grey(tmp_path / name)


def test_a_large_drawn_area_takes_no_time(tmp_path):
    image = np.zeros((2000, 2000, 3), np.uint8)
    image[:, :1900] = 90
    image[200:, 1700:] = 255, 0, 0
    Image.fromarray(image).save(tmp_path / "c.png")
    began = time.monotonic()
    with pytest.raises(DataError, match=r"annotation in colour covers 13\.5% of it"):
        read_grey(tmp_path / "c.png")
    assert time.monotonic() - began < 5


def test_annotation_that_was_cut_away_with_the_data_bar_is_not_mentioned(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    image = GreyImage(str(tmp_path / "a.png"), GREY, np.zeros(GREY.shape, bool))
    image.check()
    assert image.notes() == []
