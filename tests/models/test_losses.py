"""The losses of the regressors, by hand: which one a name is, and that the models use the one they are told."""

import pytest
import torch

from models import MODELS, build
from models.model_options import PIXEL_LOSSES

DIFFERENCES = torch.tensor([1.0, -2.0, 0.0, 0.5]).view(1, 1, 2, 2)
BY_HAND = {
    "l1": (1 + 2 + 0 + 0.5) / 4,
    "mse": (1 + 4 + 0 + 0.25) / 4,
    "smooth_l1": (0.5 + 1.5 + 0 + 0.125) / 4,  # d^2 / 2 below 1, |d| - 1/2 above
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_loss_per_pixel_is_what_its_name_says(name):
    depth = torch.full((1, 1, 2, 2), 3.0)
    assert PIXEL_LOSSES[name](depth + DIFFERENCES, depth).item() == pytest.approx(BY_HAND[name])


@pytest.mark.parametrize("name", PIXEL_LOSSES)
def test_a_loss_is_least_where_both_maps_are_equal(name):
    target = torch.rand(2, 1, 5, 4, generator=torch.Generator().manual_seed(0))
    assert PIXEL_LOSSES[name](target, target).item() == pytest.approx(0, abs=1e-6)
    depth = (target + 0.5).requires_grad_()
    loss = PIXEL_LOSSES[name](depth, target)
    loss.backward()
    assert loss.shape == () and loss > 1e-3 and depth.grad.isfinite().all() and (depth.grad > 0).all()


@pytest.mark.parametrize("model", ["unet_regressor", "autoencoder"])
@pytest.mark.parametrize("name", [None, *BY_HAND])
def test_a_regressor_takes_the_loss_of_its_option_and_l1_by_default(model, name):
    options = MODELS[model].Options(width=4, **({"loss": name} if name else {}))
    depth = torch.full((1, 1, 2, 2), 3.0)
    losses = build(model, options, torch.device("cpu")).loss(depth + DIFFERENCES, depth)
    assert {key: value.item() for key, value in losses.items()} == pytest.approx({name or "l1": BY_HAND[name or "l1"]})
