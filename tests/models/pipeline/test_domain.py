"""The appearance of a real domain is fitted from its images alone."""

import numpy as np
import torch

from models.pipeline.appearance import NOISE_BINS, Appearance, diffuse
from models.pipeline.appearance_fit import fit_appearance
from models.pipeline.domain_statistics import DomainStatistics, is_same_domain, measure_noise_variance
from models.pipeline.sem_contour import measure_contour_distance
from models.pipeline.warp import deform, translate

from .scenes import holes, render_holes

LEVEL = np.arange(240) % 2


def domain(gain=0.8, black=20.0, variance=0.8, jitter=(1.2, 0.6), noise=3.0):
    """Images (N, 1, H, W) [grey level] of an instrument with a blur along y, another gain, and stage jitter."""
    torch.manual_seed(1)
    clean = render_holes(holes(240, seed=5))
    image = diffuse(gain * clean + black, torch.tensor(variance), 0)
    image = translate(image, torch.tensor(jitter) * (2 * torch.rand(240, 2) - 1))
    return (image + noise * torch.randn_like(image)).round().clamp(0, 255)


def test_an_appearance_makes_clean_images_look_as_real_ones():
    real = domain()
    clean = render_holes(holes(96, seed=6))
    appearance = Appearance(2)
    fit_appearance(appearance, clean, LEVEL[:96], DomainStatistics(real[:, 0].numpy(), LEVEL, 2))
    contour = measure_contour_distance(clean[:, 0].numpy())
    image = appearance(clean, torch.from_numpy(LEVEL[:96]), torch.from_numpy(contour.profile_bin()))
    expected = diffuse(0.8 * clean + 20, torch.tensor(0.8), 0)
    assert (clean - expected).square().mean().sqrt() > 10, "they differ before"
    assert (image - expected).square().mean().sqrt() < 2.5
    assert (appearance.jitter - torch.tensor([1.2, 0.6])).abs().max() < 0.25
    assert abs(float(appearance.variance.mean()) - 9) < 2


def test_an_identity_appearance_changes_nothing():
    appearance, clean = Appearance(2), render_holes(holes(4))
    assert appearance.is_identity
    profile_bin = torch.from_numpy(measure_contour_distance(clean[:, 0].numpy()).profile_bin())
    assert torch.allclose(appearance(clean, torch.tensor([0, 1, 0, 1]), profile_bin), clean, atol=1e-4)


def test_noise_is_measured_by_grey_and_edges_are_no_noise():
    torch.manual_seed(0)
    clean = render_holes(holes(60))
    image = clean + (0.3 * clean.clamp_min(0)).sqrt() * torch.randn_like(clean)
    variance = measure_noise_variance(image)
    for grey in (40, 184):  # floor and surface
        assert abs(variance[grey * NOISE_BINS // 256] / (0.3 * grey) - 1) < 0.2


def test_noisy_images_are_rescaled_to_the_domains_max_grey():
    appearance = Appearance(1)
    appearance.max_grey.fill_(212)
    torch.manual_seed(0)
    image = appearance.add_noise(render_holes(holes(4)), torch.ones(4, 1, 1, 1))
    assert image.amax((1, 2, 3)).round().tolist() == [212] * 4


def test_distances_are_those_from_the_contour_of_a_disc():
    rows, columns = np.mgrid[:60, :60]
    distance = np.hypot(rows - 30, columns - 30)
    image = np.where(distance < 15, 40.0, 180.0)[None]
    contour = measure_contour_distance(image)
    near = np.abs(distance - 15) < 8
    assert np.abs(contour.distance[0] - (distance - 15))[near].max() < 1.5
    assert np.allclose(contour.centroid, 30, atol=0.1)
    assert abs(contour.offset(np.pi * 17**2) - 2) < 0.3


def test_a_diffusion_adds_its_variance_and_keeps_the_sum():
    spot = torch.zeros(1, 1, 31, 31)
    spot[0, 0, 15, 15] = 1
    image = diffuse(spot, torch.tensor(1.4), 0)[0, 0, :, 15]
    assert abs(float((image * (torch.arange(31.0) - 15) ** 2).sum()) - 1.4) < 1e-4
    assert abs(float(image.sum()) - 1) < 1e-5


def test_deformed_shapes_are_new_shapes():
    torch.manual_seed(0)
    u = holes(64)
    new = deform(u, (21.0, 17.0))
    assert new.min() >= 0 and new.max() < 1.3 and not torch.isnan(new).any()
    assert (new - u).square().mean((1, 2, 3)).sqrt().min() > 0.01
    assert new[..., :2, :].max() == 0, "the background stays background"


def test_moving_by_whole_pixels_moves_pixels():
    u = holes(3)
    assert torch.allclose(translate(u, torch.tensor([[2.0, -1.0]] * 3)), u.roll((2, -1), (2, 3)), atol=1e-5)
    offset = torch.tensor([[0.3, -1.6], [9.5, 0.2], [-0.4, -12.7]])
    row_by_row = translate(u, offset[:, :, None].expand(-1, -1, u.shape[2]))
    assert torch.allclose(translate(u, offset), row_by_row, atol=1e-4)


def test_holes_that_scatter_no_more_than_clean_ones_have_no_jitter():
    real = render_holes(holes(240, seed=5)) + torch.randn(240, 1, 40, 32)
    clean, appearance = render_holes(holes(240, seed=5)), Appearance(2)
    fit_appearance(appearance, clean, LEVEL, DomainStatistics(real[:, 0].numpy(), LEVEL, 2))
    assert not appearance.jitter.any()


def test_images_of_one_instrument_are_one_domain_and_those_of_two_are_not():
    first, second = (
        ((render_holes(holes(120, seed=seed)) + 2 * torch.randn(120, 1, 40, 32))[:, 0].numpy(), LEVEL[:120])
        for seed in (1, 2)
    )
    foreign = domain()[:120, 0].numpy(), LEVEL[:120]
    assert is_same_domain(first, second, 2)
    assert not is_same_domain(first, foreign, 2)
