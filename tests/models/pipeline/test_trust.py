"""Intervals contain the stated fraction of true values, and rare images are flagged OOD."""

import torch

from models.pipeline.uncertainty import (
    UncertaintyCalibration,
    average_floor,
    pixel_nonconformity,
    quantile,
    reduced_chi2,
)

from .scenes import holes, render_holes


def predict(sigma, factor, seed):
    """Predicted u with normal errors of `factor` times the stated sigma, true u, and sigma."""
    u = holes(32, seed=seed)
    error = torch.randn(u.shape, generator=torch.Generator().manual_seed(seed))
    return u + factor * sigma * error, u, torch.full_like(u, sigma)


def test_an_interval_holds_nine_tenths_of_what_was_not_seen():
    uncertainty = UncertaintyCalibration()
    uncertainty.calibrate_intervals(predict(0.02, 2.5, 0), predict(0.02, 2.5, 1))
    predicted, u, sigma = predict(0.02, 2.5, 2)
    is_inside = pixel_nonconformity(predicted, u, sigma) <= uncertainty.pixel_factor
    assert abs(float(is_inside.float().mean()) - 0.9) < 0.01


def test_real_images_that_are_worse_than_renderings_widen_it_and_better_ones_do_not_narrow_it():
    factors = []
    for worse in (0.5, 1.0, 2.0, 50.0):
        uncertainty = UncertaintyCalibration()
        uncertainty.calibrate_intervals(predict(0.02, 1.0, 0), predict(0.02, 1.0, 1), predict(0.02, worse, 2))
        factors.append(float(uncertainty.pixel_factor))
    assert abs(factors[0] - factors[1]) < 0.06
    assert 1.9 < factors[2] / factors[0] < 2.1
    assert factors[3] / factors[0] < 3.1, "three times at most"


def test_few_known_images_are_flagged_ood_and_a_wrong_shape_is():
    torch.manual_seed(0)
    clean, noise = render_holes(holes(200)), torch.full((1, 1, 40, 32), 16.0)
    images = clean + 4 * torch.randn_like(clean)
    chi2 = reduced_chi2(images, clean, noise.expand_as(clean))
    assert abs(float(chi2.mean()) - 1) < 0.02, "noise alone is 1"
    uncertainty, sigma = UncertaintyCalibration(), torch.ones(200)
    uncertainty.calibrate_ood((chi2, sigma), (chi2, sigma))
    assert (uncertainty.ood_score(chi2, sigma) > 1).sum() <= 2
    wrong_chi2 = reduced_chi2(images, render_holes(holes(200, seed=9)), noise.expand_as(clean))
    assert (uncertainty.ood_score(wrong_chi2, sigma) > 1).float().mean() > 0.9


def test_the_floor_is_averaged_where_it_is_and_where_there_is_none_over_all():
    u = torch.tensor([[[[0.0, 0.5, 1.0, 1.1]]], [[[0.0, 0.1, 0.2, 0.3]]]])
    mean, sigma = average_floor(u, 2 * torch.ones_like(u))
    assert torch.allclose(mean, torch.tensor([1.05, 0.15])) and torch.allclose(sigma, torch.tensor([2.0, 2.0]))


def test_the_quantile_of_many_scores():
    assert float(quantile(torch.arange(100.0).flip(0), 0.9)) == 90
