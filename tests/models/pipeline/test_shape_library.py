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
    index, _ = library.find_nearest(u)
    assert torch.equal(index, torch.arange(16))


def test_a_held_out_shape_is_not_found_if_excluded():
    library, u = filled_library([3, 5])
    index, features = library.find_nearest(u, exclude_held_out=True)
    assert not set(index.tolist()) & {3, 5}
    assert features[3, 1] > features[4, 1], "a shape that the library lacks is farther away"


def test_a_calibrated_library_knows_what_it_holds():
    library, u = filled_library([0, 4, 8, 12])
    noisy = u + 0.01 * torch.randn(u.shape, generator=torch.Generator().manual_seed(0))
    assert not library.match_probability(library.find_nearest(noisy)[1]).any(), "0 before calibration"
    _, features = library.find_nearest(noisy, exclude_held_out=True)
    library.calibrate(features[library.held_out], features[~library.held_out])
    probability = library.match_probability(features)
    assert probability[~library.held_out].min() > probability[library.held_out].max()


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
