"""A template that was moved, and whose gain changed, is found again."""

import pytest
import torch

from models.pipeline.lucas_kanade import align
from models.pipeline.warp import translate

from .scenes import holes, looks


@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_the_offset_of_a_moved_image_is_found_whatever_its_gain(noise):
    torch.manual_seed(0)
    template = looks(holes())
    offset = 4 * torch.rand(8, 2) - 2
    image = 0.8 * translate(template, offset) + 12 + noise * torch.randn_like(template)
    found, look = align(image, template)
    assert (found - offset).abs().max() < (0.15 if noise else 0.02)
    assert (look - (0.8 * translate(template, offset) + 12)).square().mean().sqrt() < (1.0 if noise else 0.3)


def test_a_flat_image_leaves_the_template_where_it_is_or_near():
    found, look = align(torch.full((2, 1, 40, 32), 90.0), looks(holes(2)))
    assert torch.isfinite(found).all() and torch.isfinite(look).all()
    assert found.abs().max() <= 4
