"""Images that differ from their rendering in another way than the images of the domain do."""

import pytest
import torch
import torch.nn.functional as F

from models.pipeline.grey_difference import (
    MIN_HELD_OUT,
    MIN_REAL,
    N_DIFFERENCES,
    GreyDifferences,
    LevelComparison,
    measure_brightness,
    measure_differences,
)

from .scenes import holes, render_holes


def draw_images(count, seed, dark=40.0, blur=0):
    """Images of holes with noise, whose brightness scatters by 1 %, and the holes."""
    torch.manual_seed(seed)
    u = holes(count, seed=seed)
    clean = render_holes(u, dark=dark)
    for _ in range(blur):
        clean = F.avg_pool2d(F.pad(clean, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return clean * (1 + 0.01 * torch.randn(count, 1, 1, 1)) + 4 * torch.randn_like(clean), u


def differ(images, u, offset=3.0):
    """Differences from renderings that are all too dark by `offset`."""
    rendering = render_holes(u) - offset
    return measure_differences(images, rendering, rendering + offset, u)


def known_differences(count=300):
    differences = GreyDifferences()
    differences.calibrate(differ(*draw_images(count, 0)))
    return differences


def test_differences_are_means_of_regions_and_the_blur():
    u = holes(4)
    rendering = render_holes(u)
    floor, wall, surface = u > 0.9, (u > 0.2) & (u < 0.8), u < 0.05
    measured = measure_differences(rendering + 5 * floor - 3 * wall + 2 * surface, rendering, rendering, u)
    assert torch.allclose(measured[:, :3], torch.tensor([5.0, -3.0, 2.0]).expand(4, 3), atol=1e-3)
    smooth = F.avg_pool2d(F.pad(rendering, (2, 2, 2, 2), mode="replicate"), 5, 1)
    second = smooth[..., :-2, 1:-1] + smooth[..., 2:, 1:-1] + smooth[..., 1:-1, :-2] + smooth[..., 1:-1, 2:]
    blurred = smooth + 0.2 * F.pad(second - 4 * smooth[..., 1:-1, 1:-1], (1, 1, 1, 1))
    blur = measure_differences(blurred, smooth, smooth, u)[:, 3]
    assert torch.allclose(blur, torch.full((4,), 0.2), atol=0.02)
    nothing = measure_differences(rendering, rendering, rendering, torch.full_like(u, 0.1))
    assert torch.equal(nothing, torch.zeros(4, N_DIFFERENCES)), "no region, no difference"


def test_new_images_of_the_domain_are_within_the_threshold():
    differences = known_differences()
    assert (differences.score(differ(*draw_images(1000, 1))) > 1).float().mean() < 0.03


@pytest.mark.parametrize("foreign", [{"dark": 52.0}, {"dark": 28.0}, {"blur": 1}], ids=str)
def test_another_material_and_another_focus_are_above_it(foreign):
    assert (known_differences().score(differ(*draw_images(200, 2, **foreign))) > 1).float().mean() > 0.97


def test_a_few_foreign_training_images_do_not_hide_others():
    torch.manual_seed(0)
    images, u = draw_images(300, 0)
    images[:9] = draw_images(9, 0, dark=80.0)[0]
    differences = GreyDifferences()
    differences.calibrate(differ(images, u))
    assert (differences.score(differ(*draw_images(200, 2, dark=56.0))) > 1).float().mean() > 0.97


@pytest.mark.parametrize("count", [MIN_REAL, 49])
def test_few_training_images_flag_few_new_ones(count):
    flagged = []
    for seed in range(20):
        torch.manual_seed(seed)
        known, new = torch.randn(count, N_DIFFERENCES), torch.randn(500, N_DIFFERENCES)
        differences = GreyDifferences()
        differences.calibrate(known)
        flagged.append((differences.score(new) > 1).float().mean())
    assert torch.stack(flagged).mean() < 0.04


def test_too_few_images_tell_nothing():
    differences = GreyDifferences()
    differences.calibrate(torch.randn(MIN_REAL - 1, N_DIFFERENCES))
    assert torch.equal(differences.score(torch.randn(5, N_DIFFERENCES)), torch.zeros(5))


LEVELS = torch.tensor([140, 150, 160, 170])


def draw_levels(count, seed):
    """Brightness (N, 5) of holes whose floors darken by 3 % a level, and the level indices."""
    generator = torch.Generator().manual_seed(seed)
    level_index = torch.arange(count) % 4
    u = holes(count, seed=seed)
    dark = 40 * (1 - 0.03 * (level_index - 1.5))[:, None, None, None]
    gain = 1 + 0.01 * torch.randn(count, 1, 1, 1, generator=generator)  # no level
    images = gain * render_holes(u, dark=dark) + 2 * torch.randn(u.shape, generator=generator)
    return measure_brightness(images, render_holes(u), u), level_index


def compare_levels(count, classifier, held_out=0):
    brightness, level_index = draw_levels(count, 0)
    comparison, is_held_out = LevelComparison(), torch.arange(count) >= count - held_out
    comparison.calibrate(brightness, level_index, LEVELS, classifier(level_index), is_held_out)
    return comparison


def unsure(level_index):
    return torch.full((len(level_index), 4), 0.25)


def certain(level_index):
    return torch.eye(4)[level_index]


def wrong(level_index):
    return torch.eye(4)[(level_index + 1) % 4] * 0.9 + 0.025


def test_some_ten_images_a_level_tell_how_brightness_depends_on_it():
    brightness, level_index = draw_levels(400, 1)
    combined = compare_levels(44, unsure, 4).combine(brightness, unsure(level_index), LEVELS)
    assert torch.allclose(combined.sum(1), torch.ones(400))
    accuracy = (combined.argmax(1) == level_index).float().mean()
    assert accuracy > 0.9
    assert abs(float(combined.amax(1).mean() - accuracy)) < 0.05, "and how sure that is"


def test_held_out_images_decide_what_brightness_and_the_classifier_count():
    few, many = MIN_HELD_OUT - 1, MIN_HELD_OUT
    assert float(compare_levels(200, certain, few).classifier_weight) == pytest.approx(0.2)
    assert float(compare_levels(200, certain, many).classifier_weight) == 1
    mistaken = compare_levels(200, wrong, many)
    assert float(mistaken.classifier_weight) == pytest.approx(0.2) and mistaken.precision.any()


@pytest.mark.parametrize("levels", [LEVELS[:1], LEVELS])
def test_the_classifier_decides_where_nothing_can_be_compared(levels):
    comparison, probs = LevelComparison(), torch.tensor([[0.7, 0.1, 0.1, 0.1]])[:, : len(levels)]
    probs = probs / probs.sum()
    brightness = torch.randn(MIN_REAL - 1, 5)
    index = torch.zeros(len(brightness), dtype=torch.int64)
    comparison.calibrate(brightness, index, levels, probs.expand(len(index), -1), index > 0)
    assert torch.allclose(comparison.combine(brightness[:1], probs, levels), probs, atol=1e-5)
