"""Recentring: holes are moved by parts of a pixel, and only moved."""

import numpy as np
import pytest

from models.postprocessing.recentring import centroid, recentre

LEVEL = np.array([140, 170])


def bowls(y, x):
    rows, columns = np.indices((72, 48))
    deep = np.exp(-(((rows - y) / 9) ** 2) - ((columns - x) / 6) ** 2)
    return (LEVEL[:, None, None] - (LEVEL[:, None, None] - 30) * deep).astype(np.float32)


def test_the_centroid_of_a_bowl_is_its_middle():
    assert centroid(bowls(34.3, 23.6), LEVEL) == pytest.approx(np.array([[34.3, 23.6]] * 2), abs=1e-3)


def test_a_moved_hole_lies_at_the_centre_and_keeps_its_shape():
    moved = recentre(bowls(34.3, 23.6), LEVEL, (35.5, 22.0))
    assert centroid(moved, LEVEL) == pytest.approx(np.array([[35.5, 22.0]] * 2), abs=0.02)
    assert np.abs(moved - bowls(35.5, 22.0)).max() < 1.5  # linear interpolation flattens the bottom a little


def test_what_lies_at_the_centre_stays():
    maps = bowls(35.0, 22.0)
    assert np.abs(recentre(maps, LEVEL, tuple(centroid(maps, LEVEL)[0])) - maps).max() < 1e-3


def test_background_enters_at_the_border_and_a_map_without_hole_is_left_alone():
    flat = np.broadcast_to(LEVEL[:, None, None], (2, 72, 48)).astype(np.float32)
    assert (recentre(flat, LEVEL, (30.0, 20.0)) == flat).all()
    assert (recentre(bowls(40.0, 25.0), LEVEL, (30.0, 20.0))[:, -1] == LEVEL[:, None]).all()


def disc_map():
    rows, columns = np.indices((72, 48))
    inside = ((rows - 34) / 27) ** 2 + ((columns - 23) / 16) ** 2 < 1
    return np.where(inside, 30, LEVEL[:, None, None]).astype(np.float32)


@pytest.mark.parametrize(
    "area", [(slice(None), 0), (slice(None), slice(-2, None)), (2, slice(None)), (slice(2, 7), slice(3, 8))]
)
def test_what_is_not_connected_with_the_hole_does_not_move_it(area):
    clean = disc_map()
    maps = clean.copy()
    maps[(..., *area)] = 30
    assert centroid(maps, LEVEL) == pytest.approx(centroid(clean, LEVEL))
    moved, expected = (recentre(depth, LEVEL, (36.0, 23.5)) for depth in (maps, clean))
    assert (moved[:, 10:-10, 10:-10] == expected[:, 10:-10, 10:-10]).all()


def test_equal_parts_of_a_structure_are_placed_together():
    maps = np.broadcast_to(LEVEL[:, None, None], (2, 72, 48)).astype(np.float32).copy()
    maps[:, :, 8:14] = maps[:, :, 30:37] = 30
    assert centroid(maps, LEVEL)[:, 1] == pytest.approx([22.5, 22.5], abs=0.5)
