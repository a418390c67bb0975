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


def ood_features(images, clean):
    chi2, trimmed_chi2 = reduced_chi2(images, clean, torch.full_like(clean, 16.0))
    return chi2, torch.ones(len(images)), trimmed_chi2


def test_few_known_images_are_flagged_ood_and_a_wrong_shape_is():
    torch.manual_seed(0)
    clean = render_holes(holes(200))
    images = clean + 4 * torch.randn_like(clean)
    features = ood_features(images, clean)
    assert abs(float(features[0].mean()) - 1) < 0.02, "noise alone is 1"
    uncertainty = UncertaintyCalibration()
    uncertainty.calibrate_ood(features, features)
    assert (uncertainty.ood_score(features) > 1).sum() <= 8
    wrong = ood_features(images, render_holes(holes(200, seed=9)))
    assert (uncertainty.ood_score(wrong) > 1).float().mean() > 0.9


def test_where_pits_are_common_chi2_finds_a_particle_and_the_trimmed_chi2_another_gain():
    torch.manual_seed(0)
    clean = render_holes(holes(400))
    images = clean + 4 * torch.randn_like(clean)
    pits = images.clone()
    pits[::5, :, 18:22, 14:18] += 20
    uncertainty, known = UncertaintyCalibration(), ood_features(pits, clean)
    uncertainty.calibrate_ood(known, known)
    particle, gain = images.clone(), 100 + 1.02 * (images - 100)
    particle[..., 10:14, 10:14] += 60
    for foreign, finds, does_not in ((particle, 0, 2), (gain, 2, 0)):
        features = ood_features(foreign, clean)
        assert (uncertainty.ood_score(features) > 1).float().mean() > 0.9
        assert (features[finds] > uncertainty.ood_thresholds[finds]).float().mean() > 0.9
        assert (features[does_not] > uncertainty.ood_thresholds[does_not]).float().mean() < 0.5


def test_a_run_with_two_thresholds_is_judged_by_them():
    uncertainty, two = UncertaintyCalibration(), torch.tensor([2.0, 0.02])
    uncertainty.load_state_dict(UncertaintyCalibration().state_dict() | {"ood_thresholds": two})
    features = (torch.tensor([1.0, 3.0]), torch.tensor([0.03, 0.01]), torch.tensor([9.0, 9.0]))
    assert torch.allclose(uncertainty.ood_score(features), torch.tensor([1.5, 1.5]))


def draw_features(count, seed, factor=1.0):
    """OOD features (N,) whose logarithms are normally distributed."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(scale * torch.exp(0.2 * torch.randn(count, generator=generator)) for scale in (factor, 0.02, factor))


def test_few_real_images_are_flagged_that_fit_a_little_worse_than_renderings():
    uncertainty = UncertaintyCalibration()
    uncertainty.calibrate_ood(draw_features(128, 0), draw_features(2000, 1, 1.5))
    flagged = (uncertainty.ood_score(draw_features(4000, 2, 1.5)) > 1).float().mean()
    assert 0.005 < flagged < 0.04, "each threshold holds 99 %, all together at least 97 %"


def test_foreign_training_images_do_not_raise_the_thresholds_without_end():
    uncertainty, known = UncertaintyCalibration(), draw_features(400, 1, 1.5)
    foreign = tuple(torch.cat((feature, 50 * feature[:20])) for feature in known)
    uncertainty.calibrate_ood(draw_features(128, 0), foreign)
    for threshold, feature in zip(uncertainty.ood_thresholds, known, strict=True):
        assert 3 < threshold / quantile(feature, 0.9) < 3.5
    assert (uncertainty.ood_score(draw_features(100, 3, 30.0)) > 1).all()


def test_the_floor_is_averaged_where_it_is_and_where_there_is_none_over_all():
    u = torch.tensor([[[[0.0, 0.5, 1.0, 1.1]]], [[[0.0, 0.1, 0.2, 0.3]]]])
    mean, sigma = average_floor(u, 2 * torch.ones_like(u))
    assert torch.allclose(mean, torch.tensor([1.05, 0.15])) and torch.allclose(sigma, torch.tensor([2.0, 2.0]))


def test_the_quantile_of_many_scores():
    assert float(quantile(torch.arange(100.0).flip(0), 0.9)) == 90
