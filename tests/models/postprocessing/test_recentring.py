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
