"""Known shapes are found, unknown ones are told from them."""

import numpy as np
import torch

from models.pipeline.shape_library import ShapeLibrary, normalised_depth

from .scenes import holes


def filled(held_out=()):
    library = ShapeLibrary()
    u = holes(16)
    maps = (150 - 120 * u[:, 0]).round().to(torch.uint8).numpy()
    library.store(maps, np.full(16, 150), np.isin(np.arange(16), held_out))
    return library, u


def test_every_shape_is_its_own_nearest():
    library, u = filled()
    place, _ = library.nearest(u)
    assert torch.equal(place, torch.arange(16))


def test_a_held_out_shape_is_not_found_by_a_blind_search():
    library, u = filled([3, 5])
    place, features = library.nearest(u, exclude_held_out=True)
    assert not set(place.tolist()) & {3, 5}
    assert features[3, 1] > features[4, 1], "what is not there is farther away"


def test_a_calibrated_library_knows_what_it_holds():
    library, u = filled([0, 4, 8, 12])
    seen = u + 0.01 * torch.randn(u.shape, generator=torch.Generator().manual_seed(0))
    assert not library.probability(library.nearest(seen)[1]).any(), "nothing is sure before it is calibrated"
    _, features = library.nearest(seen, exclude_held_out=True)
    library.calibrate(features[library.held_out], features[~library.held_out])
    said = library.probability(features)
    assert said[~library.held_out].min() > said[library.held_out].max()


def test_unit_shapes_are_zero_on_the_background_and_one_on_the_floor():
    u = normalised_depth(torch.tensor([[[[160.0, 30.0, 95.0]]]]), torch.tensor([160]))
    assert torch.allclose(u, torch.tensor([[[[0.0, 1.0, 0.5]]]]))


def test_the_centre_is_where_the_holes_are():
    library, u = filled()
    y, x = library.centre
    rows, columns = torch.arange(40.0), torch.arange(32.0)
    total = u.sum((0, 1))
    assert abs(y - float((total.sum(1) * rows).sum() / total.sum())) < 0.05
    assert abs(x - float((total.sum(0) * columns).sum() / total.sum())) < 0.05
