"""The metric that selects `best`: zero for the same population, independent of levels, sensitive to shapes."""

import numpy as np
import pytest

from models.training.shape_distance import shape_distance


def population(levels, steep=1.0, seed=0):
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((72, 48))
    maps = []
    for level in levels:
        radius = np.hypot((rows - 35.5) / (25 + rng.normal()), (columns - 23) / (15 + rng.normal()))
        u = np.clip((1.1 - radius) / 0.4 * steep, 0, 1)
        maps.append(level - (level - 30) * u)
    return np.stack(maps).astype(np.float32)


def test_the_same_maps_are_at_no_distance_and_others_of_the_kind_near():
    maps = population([140, 150, 160, 170] * 4)
    assert shape_distance(maps, maps) == pytest.approx(0, abs=1e-6)
    assert shape_distance(population([140, 150, 160, 170] * 4, seed=1), maps) < 0.02


def test_levels_do_not_matter_but_walls_do():
    maps = population([140, 150, 160, 170] * 4)
    assert shape_distance(population([170] * 16), maps) == pytest.approx(0, abs=1e-4)  # the tolerance is in grey levels
    near, far = (shape_distance(population([150] * 16, steep), maps) for steep in (1.2, 2.0))
    assert 0 < near < far
