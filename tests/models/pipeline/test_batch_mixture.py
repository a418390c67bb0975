"""Which images a step learns from."""

import pytest
import torch

from models.pipeline import Appearance, BatchMixture, DomainRenderer, RendererPairs, ShapeLibrary

from .scenes import holes, render_holes

LEVELS = torch.tensor([150, 160])


@pytest.fixture
def mixture():
    renderer = DomainRenderer(torch.nn.Identity(), Appearance(2), ShapeLibrary(), LEVELS)
    return BatchMixture(renderer, RendererPairs())


@pytest.fixture
def batch():
    u = holes(8)
    return {
        "sem": render_holes(u),
        "depth": 150 - 120 * u,
        "level": torch.tensor([150, 160, 170, 150, 150, 150, 150, 150]),  # 170 is not a level of real images
        "fitted": torch.full_like(u, 77.0),
        "fitted_u": torch.full_like(u, 0.77),
        "fitted_level": torch.tensor([0, 0, 0, 0, 0, 0, 150, 160]),  # 0 is unknown
    }


def test_levels_are_learned_from_the_fitted_instrument_or_from_pairs_that_look_like_real_images(mixture, batch):
    sem, level_index, is_known = mixture.select_levels(batch)
    assert sem.equal(batch["fitted"]) and is_known.tolist() == 6 * [0] + [1, 1] and level_index[6:].tolist() == [0, 1]
    mixture.renderer.appearance.is_same_domain.fill_(True)
    sem, level_index, is_known = mixture.select_levels(batch)
    assert sem.equal(batch["sem"]) and is_known.tolist() == [1, 1, 0, 1, 1, 1, 1, 1]
    assert level_index[is_known > 0].tolist() == [0, 1, 0, 0, 0, 0, 0]


def test_without_a_known_level_no_image_is_classified_in_vain(mixture, batch):
    assert all(len(part) == 0 for part in mixture.select_levels(batch | {"fitted_level": torch.zeros(8)}))


@pytest.mark.parametrize(
    ("is_same", "is_matched", "is_reshaped", "expected"),
    [(True, False, False, 4), (False, False, False, 4), (False, True, False, 2), (False, True, True, 8)],
)
def test_a_share_of_the_renderings_is_replaced(mixture, batch, is_same, is_matched, is_reshaped, expected):
    mixture.renderer.appearance.is_same_domain.fill_(is_same)
    mixture.renderer.appearance.is_reshaped.fill_(is_reshaped)
    mixture.pairs.is_real.fill_(is_matched)
    mixture.renderer.sample_batch = lambda count, seed, strength: (
        torch.full((count, 1, 40, 32), 0.5),
        torch.arange(count),
        torch.full((count, 1, 40, 32), 100.0),
    )
    u, sem, level_index = mixture.sample_shapes(batch, seed=0)
    assert len(u) == len(sem) == 8 and len(level_index) == 8 - expected
    is_own = (u == 0.5).all((1, 2, 3))
    assert (~is_own).sum() == expected and (sem[is_own] == 100).all()
    if is_same:
        assert sem[:4].equal(batch["sem"][:4])
        assert u[0].allclose(holes(8)[0], atol=1e-5)
    else:
        assert (u[~is_own] == 0.77).all()
