"""The image pool's odds and the learning-rate schedules."""

import pytest
import torch

from models import lr_factor
from models.training.image_pool import ImagePool


def query(pool, images):
    return pool.exchange(images, pool.plan(len(images)))


class FormerPool:
    """The pool of a list of images, which exchanges one image after another."""

    def __init__(self, size, seed):
        self.size, self.images = size, []
        self.generator = torch.Generator().manual_seed(seed)

    def query(self, images):
        result = []
        for image in images.split(1):
            if len(self.images) < self.size:
                self.images.append(image.clone())
            elif self.size and torch.rand((), generator=self.generator) > 0.5:
                index = int(torch.randint(self.size, (), generator=self.generator))
                image, self.images[index] = self.images[index], image.clone()
            result.append(image)
        return torch.cat(result)


@pytest.mark.parametrize("size, batch", [(50, 1), (3, 2), (2, 16), (1, 9), (0, 3), (5, 4)])
def test_the_pool_equals_the_one_that_exchanges_image_after_image(size, batch):
    """In a batch of 16 and a pool of 2, a later image draws the slot in which an earlier one of the batch lies."""
    pool, former = ImagePool(size, 3), FormerPool(size, 3)
    from_batch = 0
    for n in range(40):
        images = torch.arange(n * batch, (n + 1) * batch).float()[:, None, None, None].expand(-1, 1, 2, 2)
        result = query(pool, images)
        assert torch.equal(result, former.query(images))
        from_batch += int(((result != images) & (result >= n * batch)).any())
        state = pool.state_dict()
        assert all(torch.equal(a, b) for a, b in zip(state["images"], former.images, strict=True))
        if n == 20:  # a run that is continued, also from a state that the former pool wrote
            pool = ImagePool(size, 99)
            state = {"images": list(former.images), "generator": former.generator.get_state()}
            pool.load_state_dict(state, torch.device("cpu"))
    assert from_batch > 0 or size >= batch or not size


def test_a_pool_of_no_size_hands_through():
    images = torch.rand(3, 1, 4, 4)
    assert torch.equal(query(ImagePool(0, 0), images), images)


def test_a_full_pool_returns_an_older_image_half_the_time():
    pool = ImagePool(50, 0)
    query(pool, torch.full((50, 1, 1, 1), -1.0))
    older = 0
    for n in range(2000):
        older += int(query(pool, torch.full((1, 1, 1, 1), float(n))).item() != n)
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
