"""The image pool's odds and the learning-rate schedules."""

import pytest
import torch

from models import lr_factor
from models.training.image_pool import ImagePool


def test_a_pool_of_no_size_hands_through():
    images = torch.rand(3, 1, 4, 4)
    assert torch.equal(ImagePool(0, 0).query(images), images)


def test_a_full_pool_returns_an_older_image_half_the_time():
    pool = ImagePool(50, 0)
    pool.query(torch.full((50, 1, 1, 1), -1.0))
    older = 0
    for n in range(2000):
        older += int(pool.query(torch.full((1, 1, 1, 1), float(n))).item() != n)
    assert 0.46 < older / 2000 < 0.54


def test_linear_is_constant_and_then_falls_to_zero():
    factors = [lr_factor("linear", epoch, 100, 100, 50) for epoch in range(1, 202)]
    assert factors[:100] == [1.0] * 100
    assert factors[100] == pytest.approx(100 / 101)
    assert factors[200] == 0


def test_no_decay_is_valid():
    assert lr_factor("linear", 5, 5, 0, 50) == 1.0


def test_step_and_cosine():
    assert lr_factor("step", 51, 0, 0, 50) == pytest.approx(0.1)
    assert lr_factor("cosine", 1, 10, 0, 50) == 1.0
    assert lr_factor("cosine", 11, 10, 0, 50) == pytest.approx(0.0)
