"""The image decides whether it shows a shape of the library."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from models.pipeline import Appearance, DomainRenderer, ShapeLibrary, ShapeLookup, find_matches

from .scenes import render_holes

LEVELS = torch.tensor([150, 160])
NOISE = 2.0  # [grey level]


class SceneRenderer(nn.Module):
    def forward(self, inputs):
        return render_holes(inputs[:, 1:]) / 255


def ellipses(height=40, width=32):
    """Normalised depths u (24, 1, H, W) of soft ellipses. They differ in their axes: a translation is aligned away."""
    axes = torch.cartesian_prod(torch.linspace(7, 14, 6), torch.linspace(6, 11, 4))
    y, x = torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2
    radius = ((y[:, None] / axes[:, 0, None, None]) ** 2 + (x / axes[:, 1, None, None]) ** 2).sqrt()
    return (3 * (1 - radius)).clamp(0, 1)[:, None]


def looked_up():
    """A library of which every other shape is held out; images of all shapes, and u as a network predicts them."""
    u, library, appearance = ellipses(), ShapeLibrary(), Appearance(2)
    count = len(u)
    library.store((150 - 120 * u[:, 0]).round().to(torch.uint8).numpy(), np.full(count, 150), np.arange(count) % 2 == 0)
    appearance.variance.fill_(NOISE**2)
    lookup = ShapeLookup(library, DomainRenderer(SceneRenderer(), appearance, library, LEVELS))
    torch.manual_seed(0)
    sem = render_holes(u) + NOISE * torch.randn_like(u)
    predicted = F.avg_pool2d(u, 3, 1, 1)
    index, features = lookup.find(sem, predicted, torch.zeros(count, dtype=torch.int64), True, exclude_held_out=True)
    return lookup, index, features, sem, u


def test_shapes_of_the_library_stand_out_from_those_that_it_lacks():
    lookup, index, features, *_ = looked_up()
    held_out = lookup.library.held_out
    assert torch.equal(index[~held_out], torch.nonzero(~held_out)[:, 0])
    unknown = features[held_out]
    assert not find_matches(features, unknown).any(), "so few may match by chance"
    matches = find_matches(features.repeat(8, 1), unknown).view(8, -1)
    assert matches[:, ~held_out].float().mean() > 0.9
    assert matches[:, held_out].sum() <= 8


def test_a_calibrated_look_up_gives_the_shape_itself():
    lookup, _, features, sem, u = looked_up()
    held_out, level_index = lookup.library.held_out, torch.zeros(len(u), dtype=torch.int64)
    assert not lookup.blend(sem, u, level_index)[1].any(), "0 before calibration"
    lookup.library.calibrate(features[held_out], features[~held_out])
    probability = lookup.library.match_probability(features)
    assert probability[~held_out].min() > probability[held_out].max()
    blended, weight = lookup.blend(sem, F.avg_pool2d(u, 3, 1, 1), level_index)
    certain = weight.flatten() > 0.9
    assert certain.float().mean() > 0.8, "all shapes are in the library now"
    assert (blended - u)[certain].abs().mean() < 0.01


def test_without_shapes_of_its_size_a_prediction_stays():
    lookup, _, _, sem, u = looked_up()
    blended, weight = lookup.blend(sem[..., :-8], u[..., :-8], torch.zeros(len(u), dtype=torch.int64))
    assert torch.equal(blended, u[..., :-8])
    assert not weight.any()
