"""Intervals contain the stated fraction of true values, and rare images are flagged OOD."""

from itertools import pairwise

import pytest
import torch

from models.pipeline.grey_difference import MAX_REAL_FACTOR, N_DIFFERENCES
from models.pipeline.uncertainty import (
    MAX_STATED_U90,
    MIN_FLOOR_U,
    Answer,
    OodFeatures,
    UncertaintyCalibration,
    average_floor,
    compute_level_u90,
    describe_population,
    measure_size,
    quantile,
    reduced_chi2,
)

from .scenes import holes, render_holes


def predict(sigma, factors, seed, count=32):
    """Predicted u with normal errors of `factors` times the stated sigma in walls and in floors, true u, and sigma."""
    u = holes(count, seed=seed)
    error = sigma * torch.randn(u.shape, generator=torch.Generator().manual_seed(seed))
    return torch.where(u >= 1, (u + factors[1] * error).clamp_min(MIN_FLOOR_U + 0.01), u + factors[0] * error), u


def covered(uncertainty, predicted, u, sigma, chi2):
    """Fraction of the pixels in walls, and in floors, inside their interval; rounding, 0.6 of 10,000, is nothing."""
    depth = torch.full((len(u), 1, 1, 1), 1e4)
    answer = Answer(predicted, sigma, torch.zeros_like(depth), depth, torch.zeros(len(u)))
    is_inside = (predicted - u).abs() * depth <= uncertainty.compute_u90(answer, chi2)[0]
    hole, floor = (u > 0) | (predicted > 0.01), predicted > MIN_FLOOR_U
    return [float(is_inside[region].float().mean()) for region in (hole & ~floor, hole & floor)]


def calibrate(factors=(2.5, 1.2), seed=0):
    uncertainty, (predicted, u) = UncertaintyCalibration(), predict(0.02, factors, seed)
    uncertainty.calibrate_intervals(predicted, u, torch.full_like(u, 0.02), torch.ones(len(u)))
    return uncertainty


def test_an_interval_holds_nine_tenths_of_walls_and_of_floors_that_were_not_seen():
    predicted, u = predict(0.02, (2.5, 1.2), 1)
    for fraction in covered(calibrate(), predicted, u, torch.full_like(u, 0.02), torch.ones(len(u))):
        assert abs(fraction - 0.9) < 0.02


def test_an_image_that_fits_worse_has_a_wider_interval_and_one_that_fits_better_no_narrower():
    predicted, u = predict(0.02, (7.5, 3.6), 1)
    sigma, uncertainty = torch.full_like(u, 0.02), calibrate()
    for fraction in covered(uncertainty, predicted, u, sigma, torch.full((len(u),), 3.0)):
        assert abs(fraction - 0.9) < 0.02, "errors and chi-square are three times as large"
    same, better = (covered(uncertainty, predicted, u, sigma, torch.full((len(u),), chi2)) for chi2 in (1.0, 0.3))
    assert same == better


def test_no_shape_is_more_uncertain_than_the_plateau_is_deep():
    u, depth = torch.full((2, 1, 8, 8), 0.95), torch.full((2, 1, 1, 1), 110.0)
    answer = Answer(u, torch.full_like(u, 0.01), torch.zeros_like(depth), depth, torch.zeros(2))
    depth_u90, mean_u90 = calibrate().compute_u90(answer, torch.tensor([1.0, 1e6]))
    assert depth_u90[0].max() < 10
    assert 110 <= depth_u90[1].min() <= depth_u90[1].max() < 115
    assert 110 <= mean_u90[1] < 115


def judge(score, match_probability=0.0, count=8):
    """Stated and widened U90 of `count` predictions with an OOD score, their u, and the population."""
    u, uncertainty = holes(count), calibrate()
    population, depth = describe_population(holes(64, seed=4)), torch.full((count, 1, 1, 1), 100.0)
    answer = Answer(u, torch.full_like(u, 0.005), torch.full_like(depth, match_probability), depth, torch.zeros(count))
    stated = uncertainty.compute_u90(answer, torch.ones(count))
    return stated, uncertainty.widen(answer, stated, torch.full((count,), score), population, torch.tensor(20.0))


def test_intervals_grow_with_the_score_from_1_on_to_what_the_population_spreads_over():
    widths = []
    for score in (0.3, 1.0, 1.2, 3.0, 1e9):
        stated, widened = judge(score, match_probability=0.99)
        widths.append([float(width.mean()) for width in widened])
        assert all((wide >= u90).all() for u90, wide in zip(stated, widened, strict=True))
    assert widths[0] == widths[1] == [float(u90.mean()) for u90 in stated], "a known image keeps its interval"
    assert all(later[n] > 1.05 * earlier[n] for earlier, later in pairwise(widths[1:]) for n in (0, 1))
    u, unknown = holes(8), holes(200, seed=6)
    is_inside = (100 * (u - unknown[:, None])).abs().amax(2, keepdim=True) <= widened[0]
    assert is_inside.float().mean() > 0.9, "any hole of the population lies inside, though another one was predicted"


def test_the_level_is_inside_the_interval_of_its_probabilities():
    levels = torch.tensor([140.0, 150.0, 160.0, 170.0])
    probabilities = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.93, 0.07, 0.0], [0.0, 0.6, 0.4, 0.0]])
    u90 = compute_level_u90(probabilities, levels)
    assert torch.allclose(u90, torch.tensor([0.0, 0.7, 6.0]), atol=1e-4), "the expected level is between two"


@pytest.mark.parametrize(
    ("wrong", "count", "least", "most"), [(0, 6, 0.1, 0.13), (0, 400, 0.0, 0.01), (40, 400, 0.09, 0.11)]
)
def test_a_classifier_that_few_images_prove_or_that_errs_states_less(wrong, count, least, most):
    uncertainty, probabilities = UncertaintyCalibration(), torch.tensor([[0.0, 1.0, 0.0, 0.0]]).repeat(count, 1)
    uncertainty.calibrate_level(probabilities, torch.where(torch.arange(count) < wrong, 2, 1))
    softened = uncertainty.soften(probabilities)
    assert least <= float(1 - softened[0, 1]) <= most and torch.allclose(softened.sum(1), torch.ones(count))
    assert UncertaintyCalibration().soften(probabilities).equal(probabilities)


def test_a_hole_of_another_size_is_far_from_the_population():
    population = describe_population(holes(200))
    assert quantile(measure_size(holes(100, seed=1), population), 0.9) < 2.5
    assert (measure_size(torch.zeros(1, 1, 40, 32), population) > 2.5).all()


def no_differences(feature):
    return torch.zeros(len(feature), N_DIFFERENCES)


def ood_features(images, clean, stated=1.0):
    chi2, trimmed_chi2 = reduced_chi2(images, clean, torch.full_like(clean, 16.0))
    return OodFeatures(chi2, torch.full_like(chi2, stated), trimmed_chi2, torch.ones_like(chi2), no_differences(chi2))


def calibrate_ood(rendered, matched, real, is_verified=True):
    uncertainty = UncertaintyCalibration()
    uncertainty.calibrate_ood(rendered, matched, real, is_verified)
    return uncertainty


def test_few_known_images_are_flagged_ood_and_a_wrong_shape_is():
    torch.manual_seed(0)
    clean = render_holes(holes(200))
    images = clean + 4 * torch.randn_like(clean)
    features = ood_features(images, clean)
    assert abs(float(features[0].mean()) - 1) < 0.02, "noise alone is 1"
    uncertainty = calibrate_ood(features, features, features)
    assert (uncertainty.ood_score(features) > 1).sum() <= 8
    wrong = ood_features(images, render_holes(holes(200, seed=9)))
    assert (uncertainty.ood_score(wrong) > 1).float().mean() > 0.9


def test_where_pits_are_common_chi2_finds_a_particle_and_the_trimmed_chi2_another_gain():
    torch.manual_seed(0)
    clean = render_holes(holes(400))
    images = clean + 4 * torch.randn_like(clean)
    pits = images.clone()
    pits[::5, :, 18:22, 14:18] += 20
    known = ood_features(pits, clean)
    uncertainty = calibrate_ood(known, known, known)
    particle, gain = images.clone(), 100 + 1.02 * (images - 100)
    particle[..., 10:14, 10:14] += 60
    for foreign, finds, does_not in ((particle, 0, 2), (gain, 2, 0)):
        features = ood_features(foreign, clean)
        assert (uncertainty.ood_score(features) > 1).float().mean() > 0.9
        assert (features[finds] > uncertainty.ood_thresholds[finds]).float().mean() > 0.9
        assert (features[does_not] > uncertainty.ood_thresholds[does_not]).float().mean() < 0.5


def test_within_the_distribution_the_score_ranks_by_the_stated_uncertainty():
    uncertainty = UncertaintyCalibration()
    uncertainty.ood_thresholds = torch.tensor([2.0, 12.0, 2.0, 3.0])
    fits, misfit = torch.tensor([1.0, 1.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 5.0])
    score = uncertainty.ood_score(
        OodFeatures(misfit, torch.tensor([0.5, 5.0, 18.0, 0.5]), fits, fits, no_differences(fits))
    )
    assert score[0] < score[1] < 1 and torch.allclose(score[2:], torch.tensor([1.5, 2.5]))


def test_a_run_with_two_thresholds_is_judged_by_them():
    uncertainty, two = UncertaintyCalibration(), torch.tensor([2.0, 0.02])
    older = UncertaintyCalibration().state_dict() | {"ood_thresholds": two, "pixel_factor": torch.tensor(1.7)}
    uncertainty.load_state_dict(
        {name: value for name, value in older.items() if name != "level_error" and "grey" not in name}
    )
    assert not uncertainty.judges_answers and uncertainty.level_error == 0
    high = torch.tensor([9.0, 9.0])
    features = OodFeatures(torch.tensor([1.0, 3.0]), torch.tensor([0.03, 0.01]), high, high, no_differences(high))
    assert torch.allclose(uncertainty.ood_score(features), torch.tensor([1.5, 1.5]))


def draw_features(count, seed, factor=1.0):
    """OOD features (N,) whose logarithms are normally distributed."""
    generator = torch.Generator().manual_seed(seed)
    return OodFeatures(
        *(scale * torch.exp(0.2 * torch.randn(count, generator=generator)) for scale in (factor, 2.0, factor, 1.0)),
        torch.zeros(count, N_DIFFERENCES),
    )


def test_few_real_images_are_flagged_that_fit_as_badly_as_matched_ones():
    rendered, matched = draw_features(128, 0), draw_features(128, 3, 1.5)
    uncertainty = calibrate_ood(rendered, matched, draw_features(2000, 1, 1.5))
    flagged = (uncertainty.ood_score(draw_features(4000, 2, 1.5)) > 1).float().mean()
    assert 0.002 < flagged < 0.03
    assert float(uncertainty.ood_thresholds[1]) == MAX_STATED_U90


def test_a_domain_that_renderings_do_not_look_like_is_flagged_as_a_whole():
    rendered, real = draw_features(128, 0), draw_features(2000, 1, 2.0)
    uncertainty = calibrate_ood(rendered, rendered, real, is_verified=False)
    assert (uncertainty.ood_score(draw_features(4000, 2, 2.0)) > 1).float().mean() > 0.85
    assert (uncertainty.ood_score(draw_features(4000, 2)) > 1).float().mean() < 0.05


def test_foreign_training_images_do_not_raise_the_thresholds_without_end():
    rendered, known = draw_features(128, 0), draw_features(400, 1, 1.5)
    foreign = OodFeatures(*(torch.cat((feature, 50 * feature[:20])) for feature in known))
    uncertainty = calibrate_ood(rendered, known, foreign)
    for n in (0, 2):
        assert uncertainty.ood_thresholds[n] <= 1.01 * MAX_REAL_FACTOR * quantile(known[n], 0.9)
    assert (uncertainty.ood_score(draw_features(100, 3, 30.0)) > 1).all()


def test_the_floor_is_averaged_where_it_is_and_where_there_is_none_over_all():
    u = torch.tensor([[[[0.0, 0.5, 1.0, 1.1]]], [[[0.0, 0.1, 0.2, 0.3]]]])
    mean, sigma = average_floor(u, 2 * torch.ones_like(u))
    assert torch.allclose(mean, torch.tensor([1.05, 0.15])) and torch.allclose(sigma, torch.tensor([2.0, 2.0]))


def test_the_quantile_of_many_scores():
    assert float(quantile(torch.arange(100.0).flip(0), 0.9)) == 90
