"""Holes of a library get other walls and sizes, and a fit finds that real holes have them."""

import numpy as np
import pytest

from data.instrument_fit import Reshaping, fit_instrument, fitting

from .test_fitting import DEPTH_NM, TRUE, images_of, shapes

WALL = 0.35


def width_of_walls(maps):
    """Radii of circles of the area at 20 % and at 80 % of the depth: their difference [px]."""
    outer, inner = (np.sqrt((maps > level).sum(axis=(1, 2)) / np.pi).mean() for level in (0.2, 0.8))
    return outer - inner


def test_a_reshaping_of_nothing_changes_nothing():
    maps = shapes(range(3))
    assert np.array_equal(Reshaping().apply(maps), maps)


@pytest.mark.parametrize("wall", [0.35, 0.6, 1.3])
def test_walls_get_the_width_that_is_asked_for(wall):
    maps = shapes(range(8))
    ratio = width_of_walls(Reshaping(wall=wall).apply(maps)) / width_of_walls(maps)
    assert ratio == pytest.approx(wall, abs=0.12)


def test_openings_get_the_size_that_is_asked_for():
    maps = shapes(range(8))
    areas = [(part > 0.5).sum() for part in (Reshaping(size=0.9).apply(maps), maps)]
    assert np.sqrt(areas[0] / areas[1]) == pytest.approx(0.9, abs=0.01)


def test_steeper_walls_keep_the_area_at_half_depth():
    maps = shapes(range(24))
    areas = [(part > 0.5).mean() for part in (Reshaping.of_wall(WALL, maps).apply(maps), maps)]
    assert areas[0] == pytest.approx(areas[1], rel=0.01)


def test_a_fit_finds_that_real_holes_have_steeper_walls():
    library = shapes(range(25))
    steep, index = images_of(TRUE, Reshaping.of_wall(WALL, library).apply(np.concatenate((library, library))))
    alike, _ = images_of(TRUE, np.concatenate((library, library)))
    effort = fitting.Effort(fitting.STARTS[:1], 12, 6, 12, 3)
    found = fit_instrument(steep, index, DEPTH_NM, library, TRUE.pixel_nm, effort).reshaping
    assert found.wall == pytest.approx(WALL, abs=0.3)
    assert fit_instrument(alike, index, DEPTH_NM, library, TRUE.pixel_nm, effort).reshaping == Reshaping()
