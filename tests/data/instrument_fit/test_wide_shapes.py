"""The wider population: holes of the library's openings, with declared sizes, walls and floors."""

import numpy as np
import pytest

from data.instrument_fit import match_brightness, render_shapes
from data.instrument_fit.wide_shapes import OPENING_U, draw_wide_shape
from data.simulator import Instrument, normalised_depth, random_hole

DEPTH_PX = 60.0


@pytest.fixture(scope="module")
def library():
    return np.stack([normalised_depth(random_hole(np.random.default_rng(seed))) for seed in range(6)])


@pytest.fixture(scope="module")
def wide(library):
    return np.stack([draw_wide_shape(library[n % 6], DEPTH_PX, np.random.default_rng(n)) for n in range(120)])


def test_wide_shapes_are_holes_with_a_plateau_inside_the_image(wide):
    assert wide.min() == 0 and np.isfinite(wide).all()
    assert not wide[:, [0, -1]].any() and not wide[:, :, [0, -1]].any()
    peak = wide.max(axis=(1, 2))
    assert peak.min() > 0.95 and peak.max() < 1.27, "no deeper than the simulator's pits"


def test_sizes_reach_over_the_declared_range(wide, library):
    area = np.sum(wide > OPENING_U, axis=(1, 2)) / np.resize(np.sum(library > OPENING_U, axis=(1, 2)), 120)
    assert area.min() < 0.8 and 1.1 < area.max() < 1.4


def test_walls_are_from_sloping_to_vertical(wide):
    slope = np.abs(np.gradient(wide[:, 36] * DEPTH_PX, axis=1)).max(axis=1)
    assert np.quantile(slope, 0.05) < 8 and np.quantile(slope, 0.95) > 25  # depth a pixel; 30 is vertical


def test_an_image_depends_on_its_number_alone(library):
    few, many = (render_shapes(Instrument(), library, np.array([110.0, 140.0]), count, 3) for count in (4, 9))
    assert all(np.array_equal(first, second[:4]) for first, second in zip(few, many, strict=True))


def test_renderings_get_the_maximum_or_the_surface_of_the_real_images(library):
    images, _, index = render_shapes(Instrument(), library, np.array([110.0, 140.0]), 8, 3)
    real = np.rint(images * (180 / 212)).astype(np.uint8)
    assert np.ptp(match_brightness(images, index, real, index).max(axis=(1, 2))) == 0
    unscaled = (real * np.linspace(0.8, 1.2, 8)[:, None, None]).astype(np.uint8)
    matched = match_brightness(images, index, unscaled, index)
    for level in (0, 1):
        borders = [np.median(stack[index == level][:, :3]) for stack in (matched, unscaled)]
        assert borders[0] == pytest.approx(borders[1], rel=0.1)
