"""Shapes of the library are found, and distinguished from unknown ones."""

import numpy as np
import torch

from models.pipeline.shape_library import ShapeLibrary, normalised_depth

from .scenes import holes


def filled_library(held_out=()):
    library = ShapeLibrary()
    u = holes(16)
    maps = (150 - 120 * u[:, 0]).round().to(torch.uint8).numpy()
    library.store(maps, np.full(16, 150), np.isin(np.arange(16), held_out))
    return library, u


def test_every_shape_is_its_own_nearest():
    library, u = filled_library()
    index, distance = library.find_nearest(u, 3)
    assert torch.equal(index[:, 0], torch.arange(16))
    assert (distance[:, 0] < distance[:, 1]).all(), "nearest first"


def test_a_held_out_shape_is_not_found_if_excluded():
    library, u = filled_library([3, 5])
    index, distance = library.find_nearest(u, 1, exclude_held_out=True)
    assert not set(index.flatten().tolist()) & {3, 5}
    assert distance[3, 0] > distance[4, 0], "a shape that the library lacks is farther away"


def test_older_weights_need_a_new_calibration():
    library, _ = filled_library()
    state = library.state_dict()
    state.pop("match_weights")
    library.load_state_dict(state | {"weights": torch.ones(4), "ratio_threshold": torch.tensor(0.4)})
    assert library.needs_calibration
    library.load_state_dict(library.state_dict())
    assert not library.needs_calibration


def test_unit_shapes_are_zero_on_the_background_and_one_on_the_floor():
    u = normalised_depth(torch.tensor([[[[160.0, 30.0, 95.0]]]]), torch.tensor([160]))
    assert torch.allclose(u, torch.tensor([[[[0.0, 1.0, 0.5]]]]))


def test_the_centre_is_where_the_holes_are():
    library, u = filled_library()
    y, x = library.centre
    rows, columns = torch.arange(40.0), torch.arange(32.0)
    total = u.sum((0, 1))
    assert abs(y - float((total.sum(1) * rows).sum() / total.sum())) < 0.05
    assert abs(x - float((total.sum(0) * columns).sum() / total.sum())) < 0.05
