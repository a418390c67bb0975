"""Batches are a pure function of seed, epoch and place."""

import numpy as np
import pytest
import torch
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, UnpairedDataset


@pytest.fixture
def layout(tmp_path):
    for folder, count in (("trainA", 7), ("trainB", 5)):
        (tmp_path / folder).mkdir()
        for n in range(count):
            pixels = np.zeros((72, 48), dtype=np.uint8)
            pixels[0, 0], pixels[:, 1:] = n, np.arange(47)
            Image.fromarray(pixels).save(tmp_path / folder / f"{n}.png")
    return DatasetLayout(tmp_path)


def collect(batches, epoch, start=0):
    return list(batches.loader(epoch, start))


def same(one, two):
    return len(one) == len(two) and all(torch.equal(a[k], b[k]) for a, b in zip(one, two, strict=True) for k in a)


def test_shapes_range_and_length(layout):
    batches = UnpairedDataset(layout, DataOptions(), 2, seed=0)
    epoch = collect(batches, 1)
    assert len(batches) == len(epoch) == 4  # as long as the larger domain, the last batch smaller
    assert epoch[0]["sem"].shape == epoch[0]["depth"].shape == (2, 1, 72, 48)
    assert epoch[0]["sem"].dtype == torch.float32
    assert epoch[3]["sem"].shape[0] == 1


def test_every_sem_image_comes_once_an_epoch(layout):
    batches = UnpairedDataset(layout, DataOptions(flip=False), 2, seed=0)
    seen = torch.cat([batch["sem"][:, 0, 0, 0] for batch in collect(batches, 3)])
    assert sorted(seen.tolist()) == list(range(7))


def test_epochs_differ_and_repeat_with_the_seed(layout):
    batches = UnpairedDataset(layout, DataOptions(), 2, seed=0)
    first, second = collect(batches, 1), collect(batches, 2)
    assert not same(first, second)
    assert same(first, collect(UnpairedDataset(layout, DataOptions(), 2, seed=0), 1))
    assert not same(first, collect(UnpairedDataset(layout, DataOptions(), 2, seed=1), 1))


def test_neither_workers_nor_an_interruption_change_a_batch(layout):
    batches = UnpairedDataset(layout, DataOptions(), 2, seed=0)
    whole = collect(batches, 2)
    assert same(whole[2:], collect(batches, 2, start=2))
    assert same(whole, collect(UnpairedDataset(layout, DataOptions(num_threads=2), 2, seed=0), 2))


def test_serial_batches_come_in_order(layout):
    batches = UnpairedDataset(layout, DataOptions(serial_batches=True, flip=False), 7, seed=0)
    (batch,) = collect(batches, 1)
    assert batch["sem"][:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert batch["depth"][:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 0, 1]


def test_flips_mirror_about_half_of_the_images(layout):
    batches = UnpairedDataset(layout, DataOptions(), 7, seed=0)
    rows = torch.cat([batch["sem"][:, 0, 5] for epoch in range(40) for batch in collect(batches, epoch)])
    mirrored = rows[:, 0] > rows[:, -1]
    assert 0.4 < mirrored.float().mean() < 0.6


def test_random_crops_have_the_size_asked_for(layout):
    batches = UnpairedDataset(layout, DataOptions(preprocess="crop", crop_size=(40, 32)), 7, seed=0)
    assert collect(batches, 1)[0]["sem"].shape == (7, 1, 40, 32)
    with pytest.raises(DataError, match="smaller than --crop_size 80,80"):
        UnpairedDataset(layout, DataOptions(preprocess="crop", crop_size=(80,)), 7, seed=0)


def test_images_of_two_sizes_are_named(layout):
    Image.new("L", (40, 72)).save(layout.root / "trainA/3.png")
    with pytest.raises(DataError, match=r"3.png: 72x40 where others are 72x48; use --preprocess resize"):
        UnpairedDataset(layout, DataOptions(), 2, seed=0)
    options = DataOptions(preprocess="resize", load_size=(36, 24))
    assert UnpairedDataset(layout, options, 2, seed=0).images["sem"].shape == (7, 36, 24)
