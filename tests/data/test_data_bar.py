"""The data bar of an image is found, and no row of an image without one is cut."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from data import DatasetLayout, read_grey
from data.data_bar import DataBar, find_data_bar
from data.simulate import main as simulate

PORES = Path(__file__).parent / "fields/pores.png"
MC = sorted((Path(__file__).parent / "mc").glob("*.npz"))
STYLES = {"white on black": (0, 255), "black on white": (255, 0), "on dark grey": (48, 255), "on light grey": (205, 10)}


def holes(height=240, width=320, noise=7.0, seed=0):
    """A noisy SEM image of an array of dark holes (H, W) [grey level]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    inside = np.hypot((y + seed) % 40 - 20, (x + 3 * seed) % 40 - 20) < 11
    levels = gaussian_filter(np.where(inside, 45.0, 150.0), 1) + noise * rng.normal(size=(height, width))
    return levels.clip(0, 255).round().astype(np.uint8)


def bar(rows, width, style="white on black", text=True):
    """A data bar with a line of text and a scale bar."""
    background, ink = STYLES[style]
    picture = Image.new("L", (width, rows), background)
    pen = ImageDraw.Draw(picture)
    if text and rows >= 14:
        pen.text((4, rows // 2 - 6), "HV 5.00 kV  WD 4.1 mm  SE", fill=ink)
        pen.rectangle((width * 3 // 4, rows // 2, width - 8, rows // 2 + 2), fill=ink)
    elif text:
        pen.rectangle((width // 2, rows // 2, width * 3 // 4, rows // 2), fill=ink)
    return np.asarray(picture)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("rows", [3, 5, 12, 24, 60, 100])
@pytest.mark.parametrize("seed", range(3))
def test_a_bar_of_any_height_is_found_at_the_bottom_and_at_the_top(style, rows, seed):
    image = holes(seed=seed)
    drawn = bar(rows, image.shape[1], style, text=rows > 5)
    assert find_data_bar(np.vstack([image, drawn])) == (0, rows)
    assert find_data_bar(np.vstack([drawn, image])) == (rows, 0)
    if rows <= 60:
        assert find_data_bar(np.vstack([drawn, image, drawn])) == (rows, rows)


@pytest.mark.parametrize("style", STYLES)
def test_a_bar_of_16_bits_and_one_of_a_jpeg_are_found(style):
    image = np.vstack([holes(), bar(40, 320, style)])
    assert find_data_bar((image.astype(np.float32) * 257 + 30) / 257) == (0, 40)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=90)
    assert find_data_bar(np.asarray(Image.open(buffer))) == (0, 40)


def jpeg(image, quality):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("quality", [75, 90])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("rows", [27, 45, 50, 60])
def test_a_bar_that_ends_within_the_blocks_of_a_jpeg_is_found(style, rows, quality):
    drawn, image = bar(rows, 320, style), holes(noise=10)[:237]
    assert find_data_bar(jpeg(np.vstack([drawn, image]), quality)) == (rows, 0)
    assert find_data_bar(jpeg(np.vstack([image, drawn]), quality)) == (0, rows)


@pytest.mark.parametrize("opacity", [0.5, 0.7])
def test_a_translucent_bar_of_a_jpeg_is_found_and_the_edge_of_a_trench_is_none(opacity):
    drawn, image = bar(40, 320), holes()
    image[-40:] = np.where(drawn > 0, drawn, image[-40:] * (1 - opacity))
    assert find_data_bar(jpeg(image, 90)) == (0, 40)
    rng, trench = np.random.default_rng(0), np.where(np.arange(240)[:, None] > 200, 20.0, 150.0) + np.zeros(320)
    for sigma in (0.8, 1.2, 2):
        levels = gaussian_filter(trench, sigma) + 7 * rng.normal(size=trench.shape)
        for picture in (levels, levels - 15):
            assert find_data_bar(jpeg(picture.clip(0, 255).round().astype(np.uint8), 90)) == (0, 0)


def test_a_bar_with_a_frame_and_one_on_a_smooth_image_are_found():
    framed = bar(40, 320).copy()
    framed[[0, -1]] = framed[:, [0, -1]] = 255
    assert find_data_bar(np.vstack([holes(), framed])) == (0, 40)
    assert find_data_bar(np.vstack([holes(noise=0), bar(40, 320)])) == (0, 40)


def test_a_translucent_bar_is_found_by_its_text():
    image = holes()
    drawn = bar(40, 320)
    image[-40:] = np.where(drawn > 0, drawn, image[-40:] // 3)
    assert find_data_bar(image) == (0, 40)
    image[-40:] = holes()[-40:] // 3  # a dark stripe of the same noise without text may be the specimen
    assert find_data_bar(image) == (0, 0)


@pytest.mark.parametrize("feature", ["hole", "trench", "line"])
def test_no_row_of_simulated_images_is_cut(tmp_path, feature):
    for seed, size in enumerate(["72,48", "160,128"]):
        root = tmp_path / str(seed)
        flags = ["--num_shapes", "2", "--num_real", "40", "--num_test", "20", "--feature", feature, "--size", size]
        assert simulate(["--dataroot", str(root), "--seed", str(seed), *flags]) == 0
        layout = DatasetLayout(root)
        for file in layout.sem() + layout.simulated_sem() + layout.test_sem():
            image = read_grey(file.name)
            for picture in (image, image.T, image[: len(image) * 2 // 3]):
                assert find_data_bar(picture) == (0, 0), file.name


def test_no_row_is_cut_of_images_with_clipped_or_flat_parts():
    image = holes(seed=1).astype(float)
    trench = np.where(np.arange(240)[:, None] > 200, 20.0, 150.0) + np.zeros(320)
    trench = gaussian_filter(trench, 2) + 7 * np.random.default_rng(0).normal(size=trench.shape)
    harder = {
        "black floors": (2 * (image - 90)).clip(0, 255).round(),
        "white surface": (image * 1.8).clip(0, 255).round(),
        "binary": (image > 100) * 255.0,
        "4 bits": image // 17 * 17,
        "a trench across the bottom": trench.clip(0, 255).round(),
        "a black trench across the bottom": (trench - 40).clip(0, 255).round(),
        "a depth map": gaussian_filter(holes(noise=0).astype(float), 0),
        "constant": np.full((240, 320), 128.0),
    }
    assert {name: find_data_bar(levels) for name, levels in harder.items()} == dict.fromkeys(harder, (0, 0))


def test_no_row_of_real_and_of_monte_carlo_images_is_cut():
    assert find_data_bar(read_grey(PORES)) == (0, 0)
    for path in MC:
        with np.load(path) as arrays:
            image = next(values for values in arrays.values() if values.ndim == 2)
        scaled = (image - image.min()) * (255 / np.ptp(image))
        assert find_data_bar(scaled) == find_data_bar(scaled.round().astype(np.uint8)) == (0, 0), path.name


def test_the_rows_of_the_header_are_believed():
    assert find_data_bar(holes(), 12) == (0, 12) and find_data_bar(np.vstack([holes(), bar(40, 320)]), 0) == (0, 0)
    assert DataBar(2, 3).cut(np.arange(10)).tolist() == [2, 3, 4, 5, 6]
