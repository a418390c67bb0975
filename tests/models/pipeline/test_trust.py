"""Intervals hold the share of the truth that they state, and what is rare is called strange."""

import torch

from models.pipeline.uncertainty import UncertaintyCalibration, floor_of, pixel_nonconformity, quantile, reduced_chi2

from .scenes import holes, looks


def scored(spread, factor, seed):
    """Shapes found with normal errors of `factor` times the stated spread."""
    u = holes(32, seed=seed)
    error = torch.randn(u.shape, generator=torch.Generator().manual_seed(seed))
    return u + factor * spread * error, u, torch.full_like(u, spread)


def test_an_interval_holds_nine_tenths_of_what_was_not_seen():
    trust = UncertaintyCalibration()
    trust.calibrate_intervals(scored(0.02, 2.5, 0), scored(0.02, 2.5, 1))
    found, u, spread = scored(0.02, 2.5, 2)
    assert abs(float((pixel_nonconformity(found, u, spread) <= trust.pixel).float().mean()) - 0.9) < 0.01


def test_real_images_that_are_worse_than_renderings_widen_it_and_better_ones_do_not_narrow_it():
    factors = []
    for worse in (0.5, 1.0, 2.0, 50.0):
        trust = UncertaintyCalibration()
        trust.calibrate_intervals(scored(0.02, 1.0, 0), scored(0.02, 1.0, 1), scored(0.02, worse, 2))
        factors.append(float(trust.pixel))
    assert abs(factors[0] - factors[1]) < 0.06
    assert 1.9 < factors[2] / factors[0] < 2.1
    assert factors[3] / factors[0] < 3.1, "three times at most"


def test_few_known_images_are_strange_and_a_wrong_shape_is():
    torch.manual_seed(0)
    look, noise = looks(holes(200)), torch.full((1, 1, 40, 32), 16.0)
    images = look + 4 * torch.randn_like(look)
    said = reduced_chi2(images, look, noise.expand_as(look))
    assert abs(float(said.mean()) - 1) < 0.02, "noise alone is 1"
    trust, spread = UncertaintyCalibration(), torch.ones(200)
    trust.calibrate_ood((said, spread), (said, spread))
    assert (trust.ood_score(said, spread) > 1).sum() <= 2
    other = reduced_chi2(images, looks(holes(200, seed=9)), noise.expand_as(look))
    assert (trust.ood_score(other, spread) > 1).float().mean() > 0.9


def test_the_floor_is_averaged_where_it_is_and_where_there_is_none_over_all():
    u = torch.tensor([[[[0.0, 0.5, 1.0, 1.1]]], [[[0.0, 0.1, 0.2, 0.3]]]])
    mean, spread = floor_of(u, 2 * torch.ones_like(u))
    assert torch.allclose(mean, torch.tensor([1.05, 0.15])) and torch.allclose(spread, torch.tensor([2.0, 2.0]))


def test_the_quantile_of_many_scores():
    assert float(quantile(torch.arange(100.0).flip(0), 0.9)) == 90
