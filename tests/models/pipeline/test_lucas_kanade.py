"""The offset of a translated template is found, whatever its gain."""

import pytest
import torch

from models.pipeline.lucas_kanade import align
from models.pipeline.warp import translate

from .scenes import holes, render_holes


@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_the_offset_of_a_moved_image_is_found_whatever_its_gain(noise):
    torch.manual_seed(0)
    template = render_holes(holes())
    offset = 4 * torch.rand(8, 2) - 2
    image = 0.8 * translate(template, offset) + 12 + noise * torch.randn_like(template)
    estimate, fitted = align(image, template)
    assert (estimate - offset).abs().max() < (0.15 if noise else 0.02)
    assert (fitted - (0.8 * translate(template, offset) + 12)).square().mean().sqrt() < (1.0 if noise else 0.3)


def test_a_flat_image_leaves_the_template_where_it_is_or_near():
    offset, fitted = align(torch.full((2, 1, 40, 32), 90.0), render_holes(holes(2)))
    assert torch.isfinite(offset).all() and torch.isfinite(fitted).all()
    assert offset.abs().max() <= 4


def test_a_drift_is_fitted_where_it_is_asked_for():
    template = render_holes(holes(4))
    drift = torch.tensor([[0.8, -1.0], [-1.2, 0.5], [0.0, 1.3], [0.6, 0.0]])
    rows = torch.arange(template.shape[2]) / (template.shape[2] - 1) - 0.5
    image = translate(template, torch.tensor([[0.7, -0.4]] * 4)[:, :, None] + drift[:, :, None] * rows)
    offset, fitted = align(image, template, drifts=True)
    inner = (..., slice(4, -4), slice(4, -4))
    assert torch.allclose(offset, torch.tensor([[0.7, -0.4]] * 4), atol=0.05)
    assert (fitted - image)[inner].abs().max() < 0.05 * (align(image, template)[1] - image)[inner].abs().max()
