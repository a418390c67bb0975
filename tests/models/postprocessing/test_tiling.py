"""Tiles join without seams, answer as the whole image where that can be, and bound the memory."""

import resource
import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve

from models import BaseModel, ModelOutput, Predictor
from models.networks import UNet
from models.postprocessing.tiling import predict_tiled, tile_weights


def blurred(images):
    """A linear stand-in for a network: 5x5 pixels wide, and it sees a border of zeros."""
    kernel = np.random.default_rng(0).random((1, 5, 5))
    return [convolve(images.astype(np.float32), kernel / kernel.sum(), mode="constant")]


def noise(*shape):
    return np.random.default_rng(1).uniform(0, 255, shape).astype(np.float32)


@pytest.mark.parametrize("length, side", [(48, 48), (49, 48), (71, 48), (72, 48), (97, 31), (1024, 72), (40, 16)])
def test_weights_are_a_partition_of_unity_and_nothing_at_inner_ends(length, side):
    ramps = tile_weights(length, side)
    total = np.zeros(length)
    starts = np.minimum(np.arange(len(ramps)) * (side // 2), length - side)
    for start, ramp in zip(starts, ramps, strict=True):
        total[start : start + side] += ramp
    assert total == pytest.approx(np.ones(length), abs=1e-15)
    assert (ramps >= 0).all() and not ramps[1:, : side // 8].any() and not ramps[:-1, side - side // 8 :].any()


@pytest.mark.parametrize("size", [(72, 48), (73, 49), (100, 161), (40, 130), (33, 200)])
@pytest.mark.parametrize("tile", [(72, 48), (32, 32), (17, 23)])
def test_a_linear_network_shows_no_seams(size, tile):
    images = noise(2, *size)
    assert np.abs(predict_tiled(blurred, images, tile)[0] - blurred(images)[0]).max() < 1e-5 * 255


def test_what_all_tiles_agree_on_is_exact():
    images = np.full((1, 100, 90), 150, np.float32)
    assert (predict_tiled(lambda tiles: [tiles], images, (32, 32))[0] == 150).all()


@pytest.mark.parametrize("size", [(72, 48), (40, 30)])
def test_a_tile_as_large_as_the_image_changes_no_bit(size):
    torch.manual_seed(0)
    model = Trained(UNet(1, 1, 4, 2, "instance").eval())
    whole, inside = (Predictor(model, tile=tile).predict(noise(3, *size)) for tile in ((), (72, 48)))
    assert (whole.raw_depth == inside.raw_depth).all() and (whole.final == inside.final).all()


class Trained(BaseModel):
    """A network that also says how sure it is, and which levels it sees."""

    levels = (140, 150)

    def __init__(self, network):
        super().__init__(None, torch.device("cpu"))
        self.networks["G_A"] = network

    def predict(self, sem):
        depth = 128 + 100 * self.networks["G_A"](sem / 127.5 - 1)
        bright = (sem.mean((1, 2, 3)) > 128).float()
        return ModelOutput(depth, torch.stack((1 - bright, bright), 1), (sem > 128).float(), 0 * depth + 2)


def test_every_output_is_blended():
    images = np.zeros((2, 72, 144), np.float32)
    images[0, :, 72:] = 255
    images[1] = 255
    prediction = Predictor(Trained(torch.nn.Identity()), tile=(72, 48)).predict(images)
    assert prediction.level_probs[1] == pytest.approx([0, 1]) and prediction.level_probs.sum(1) == pytest.approx([1, 1])
    assert 0.2 < prediction.level_probs[0, 1] < 0.8 and prediction.level[1] == 150
    assert (prediction.depth_u90 == 2).all() and (prediction.background_prob == (images > 128)).all()
    assert prediction.hole_mask.shape == prediction.final.shape == images.shape


def test_each_tile_is_brought_to_the_size_that_was_trained_at():
    sizes = []

    class Half(BaseModel):
        def predict(self, sem):
            sizes.append(sem.shape[2:])
            return ModelOutput(sem)

    images = noise(1, 144, 96)
    prediction = Predictor(Half(None, torch.device("cpu")), size=(36, 24), tile=(72, 48)).predict(images)
    assert set(sizes) == {(36, 24)} and prediction.raw_depth.shape == images.shape


def test_a_large_image_takes_bounded_memory():
    largest = []

    class Watched(UNet):
        def forward(self, x):
            largest.append(x.numel())
            return super().forward(x)

    predictor = Predictor(Trained(Watched(1, 1, 4, 2, "batch").eval()), tile=(128, 128))
    predictor.infer(noise(1, 128, 128))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    prediction = predictor.infer(noise(1, 1024, 1024))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024)
    assert prediction[0].shape == (1, 1024, 1024) and np.isfinite(prediction[0]).all()
    assert max(largest) <= 16 * 128 * 128 and grown < 400 * 2**20
