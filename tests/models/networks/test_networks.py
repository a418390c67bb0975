"""Shapes, sizes and keys of the bare networks."""

import pytest
import torch

from models import MODELS, build, load_weights
from models.networks import PatchDiscriminator, ResnetGenerator

# The public toolkit's keys of a ResNet-6 generator with instance norm: convolutions with biases, norms without weights.
RESNET_6 = [1, 4, 7, *(f"{block}.conv_block.{layer}" for block in range(10, 16) for layer in (1, 5)), 16, 19, 23]


def keys(layers):
    return [f"model.{layer}.{name}" for layer in layers for name in ("weight", "bias")]


def test_keys_are_the_public_toolkits():
    assert list(ResnetGenerator(1, 1, 4, "instance", False, 6).state_dict()) == keys(RESNET_6)
    assert list(PatchDiscriminator(1, 4, "instance", 3).state_dict()) == keys([0, 2, 5, 8, 11])


def shapes(network):
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def test_keys_and_shapes_of_the_published_networks_are_the_public_toolkits():
    """Written out from its ResnetGenerator(1, 1, 64, n_blocks=9) and NLayerDiscriminator(1, 64), instance norm."""
    generator = {"model.1": (64, 1, 7, 7), "model.4": (128, 64, 3, 3), "model.7": (256, 128, 3, 3)}
    for block in range(10, 19):
        generator |= {f"model.{block}.conv_block.{layer}": (256, 256, 3, 3) for layer in (1, 5)}
    generator |= {"model.19": (256, 128, 3, 3), "model.22": (128, 64, 3, 3), "model.26": (1, 64, 7, 7)}
    biases = {"model.19": 128, "model.22": 64}  # a transposed convolution has its outputs second
    expected = {}
    for key, shape in generator.items():
        expected |= {f"{key}.weight": shape, f"{key}.bias": (biases.get(key, shape[0]),)}
    assert shapes(ResnetGenerator(1, 1, 64, "instance", False, 9)) == expected

    discriminator = {0: (64, 1), 2: (128, 64), 5: (256, 128), 8: (512, 256), 11: (1, 512)}
    expected = {}
    for layer, (out, into) in discriminator.items():
        expected |= {f"model.{layer}.weight": (out, into, 4, 4), f"model.{layer}.bias": (out,)}
    assert shapes(PatchDiscriminator(1, 64, "instance", 3)) == expected


def test_dropout_moves_the_second_convolution_of_a_block_as_it_does_there():
    block = [key for key in ResnetGenerator(1, 1, 2, "instance", True, 6).state_dict() if key.startswith("model.10.")]
    assert block == [f"model.10.conv_block.{layer}.{name}" for layer in (1, 6) for name in ("weight", "bias")]


def test_old_weights_with_statistics_of_instance_norms_load(tmp_path):
    model = build("cycle_gan", MODELS["cycle_gan"].Options(ngf=2, ndf=2), torch.device("cpu"))
    state = model.sem_to_depth.state_dict()
    old = state | {"model.2.running_mean": torch.zeros(2), "model.10.conv_block.2.running_var": torch.ones(8)}
    torch.save(old, tmp_path / "5_net_G_A.pth")
    other = build("cycle_gan", MODELS["cycle_gan"].Options(ngf=2, ndf=2), torch.device("cpu"))
    other.load_networks({"G_A": load_weights(tmp_path / "5_net_G_A.pth")})
    assert all(torch.equal(value, state[key]) for key, value in other.sem_to_depth.state_dict().items())


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
