"""Unit shapes follow the law of the depth maps and their statistics."""

import numpy as np
import pytest

from data.simulator.hole_geometry import CENTRE_X, CENTRE_Y, depth_grey, normalised_depth, random_hole


@pytest.fixture(scope="module")
def shapes():
    rng = np.random.default_rng(0)
    return np.stack([normalised_depth(random_hole(rng)) for _ in range(200)])


def test_range_and_statistics(shapes):
    assert shapes.shape[1:] == (72, 48) and shapes.dtype == np.float32
    assert shapes.min() == 0 and 1 < shapes.max() <= 1.27
    assert shapes.mean() == pytest.approx(0.3476, rel=0.05)
    assert shapes.std() == pytest.approx(0.4282, rel=0.05)
    assert (shapes == 0).mean() == pytest.approx(0.51, abs=0.03)


def test_holes_are_centred(shapes):
    rows, columns = np.mgrid[:72, :48]
    mean = shapes.mean(axis=0)
    assert (mean * columns).sum() / mean.sum() == pytest.approx(CENTRE_X, abs=0.4)
    assert (mean * rows).sum() / mean.sum() == pytest.approx(CENTRE_Y, abs=0.4)


@pytest.mark.parametrize("level", [140, 150, 160, 170])
def test_the_background_is_exactly_its_level_and_nothing_is_above_it(shapes, level):
    maps = np.stack([depth_grey(u, level) for u in shapes])
    assert maps.dtype == np.uint8 and maps.max() == level
    assert (maps[:, [0, -1]] == level).mean() > 0.99
    plateau = np.median(maps[shapes == 1])
    assert plateau == 30


def test_the_four_cases_are_one_shape_rescaled(shapes):
    u = shapes[0]
    for level in (140, 170):
        assert np.abs((level - depth_grey(u, level).astype(float)) / (level - 30) - u).max() < 0.5 / (level - 30) + 1e-6


def test_holes_have_the_contests_variety_and_size(shapes):
    assert np.sqrt(((shapes - shapes.mean(axis=0)) ** 2).mean()) == pytest.approx(0.09, abs=0.02)
    for threshold, size in ((0, (56, 35)), (0.5, (50, 29))):
        boxes = [[np.ptp(places) + 1 for places in np.nonzero(u > threshold)] for u in shapes]
        assert np.mean(boxes, axis=0) == pytest.approx(size, abs=1)


def test_walls_are_wider_at_the_sides_than_at_top_and_bottom(shapes):
    def width(wall):  # [px] from u = 0.1 to 0.9
        low, high = np.interp([0.1, 0.9], np.maximum.accumulate(wall), np.arange(len(wall)))
        return high - low

    sides = [width(wall) for u in shapes for wall in (u[35, :23], u[35, :22:-1])]
    ends = [width(wall) for u in shapes for wall in (u[:36, 23], u[:35:-1, 23])]
    assert 6 < np.mean(sides) < 8 and 4 < np.mean(ends) < 5


def test_pits_lie_below_the_plateau_and_hills_above_it(shapes):
    deepest = shapes.max(axis=(1, 2))
    pitted = deepest > 1.005
    assert 0.2 < pitted.mean() < 0.7 and np.median(deepest[pitted]) == pytest.approx(1.05, abs=0.04)
