"""Holes that the border cuts, and several holes in one image, are flagged; trenches and whole holes are not."""

import numpy as np
import pytest

from util.metrology import find_flags

Y, X = np.mgrid[:72, :48]


def disc(y, x, radius=12):
    return (Y - y) ** 2 + (X - x) ** 2 < radius**2


def image(*holes):
    """A SEM image (1, H, W), dark in the holes, with noise, and the holes (H, W)."""
    inside = np.any(holes, axis=0)
    return (200 - 100.0 * inside + np.random.default_rng(0).normal(0, 10, inside.shape))[None], inside


def flags(sem, inside):
    return find_flags(sem, 100.0 * inside[None])[0]


def test_a_whole_hole_has_no_flag():
    assert flags(*image(disc(36, 24))) == ()


@pytest.mark.parametrize("y, x", [(36, 6), (36, 42), (6, 24), (66, 24), (5, 5)])
def test_a_hole_that_the_border_cuts(y, x):
    sem, inside = image(disc(y, x))
    assert flags(sem, inside) == ("border",)


def test_a_hole_that_the_network_completed_is_seen_in_the_image():
    sem, _ = image(disc(36, 6))
    assert flags(sem, disc(36, 11, 8)) == ("border",)
    assert find_flags(255 - sem, 100.0 * disc(36, 11, 8)[None])[0] == ("border",), "bright holes, too"


@pytest.mark.parametrize("trench", [abs(X - 24) < 8, abs(Y - 30) < 8])
def test_a_trench_is_not_cut(trench):
    assert flags(*image(trench)) == ()
    assert flags(*image(trench & (X > 9) & (Y > 9))) == ("border",), "its end is"


def test_several_whole_holes():
    assert flags(*image(disc(18, 24), disc(54, 24))) == ("several",)
    assert flags(*image(disc(36, 14, 8), disc(36, 34, 8))) == ("several",)


def test_neighbours_that_the_border_cuts_and_specks_do_not_count():
    assert flags(*image(disc(36, 24), disc(0, 0), disc(71, 47))) == ()
    assert flags(*image(disc(36, 24), disc(10, 40, 4))) == ()


def test_no_hole_has_no_flag():
    sem, _ = image(disc(36, 24))
    assert find_flags(sem, np.zeros((1, 72, 48))) == [()] and find_flags(sem, np.full((1, 72, 48), 5.0)) == [()]
