"""Shapes, sizes and keys of the bare networks."""

import pytest
import torch

from models.networks import PatchDiscriminator, ResnetGenerator

# The public toolkit's keys of a ResNet-6 generator with instance norm: convolutions with biases, norms without weights.
RESNET_6 = [1, 4, 7, *(f"{block}.conv_block.{layer}" for block in range(10, 16) for layer in (1, 5)), 16, 19, 23]


def keys(layers):
    return [f"model.{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]


def test_keys_are_the_public_toolkits():
    assert list(ResnetGenerator(1, 1, 4, "instance", False, 6).state_dict()) == keys(RESNET_6)
    assert list(PatchDiscriminator(1, 4, "instance", 3).state_dict()) == keys([0, 2, 5, 8, 11])


def test_published_sizes():
    generator = ResnetGenerator(3, 3, 64, "instance", False, 9)
    assert sum(p.numel() for p in generator.parameters()) == 11_378_179
    discriminator = PatchDiscriminator(3, 64, "instance", 3)
    assert sum(p.numel() for p in discriminator.parameters()) == 2_764_737


@pytest.mark.parametrize("size", [(72, 48), (70, 47), (33, 61)])
def test_any_size_comes_back_as_it_went_in(size):
    image = torch.rand(1, 1, *size)
    assert ResnetGenerator(1, 1, 2, "instance", False, 6)(image).shape == image.shape


@pytest.mark.parametrize("layers, answers", [(3, (7, 4)), (2, (16, 10))])
def test_answers_of_the_patch_discriminator_at_the_contests_size(layers, answers):
    assert PatchDiscriminator(1, 2, "instance", layers)(torch.rand(1, 1, 72, 48)).shape == (1, 1, *answers)
