"""Every generator that --netG names, whatever its size."""

import pytest
import torch

from models import MODELS, build
from models.model_options import GENERATORS

OPTIONS = MODELS["cycle_gan"].Options(ngf=2, ndf=2)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("channels", [(1, 1), (3, 1)])
@pytest.mark.parametrize("size", [(72, 48), (33, 61)])
def test_a_generator_keeps_the_size_and_the_range(name, channels, size):
    torch.manual_seed(0)
    network = GENERATORS[name](OPTIONS, *channels)
    image = 2 * torch.rand(2, channels[0], *size) - 1
    output = network(image)
    assert output.shape == (2, channels[1], *size) and output.abs().max() <= 1
    output.square().mean().backward()
    gradients = [weight.grad for weight in network.parameters()]
    assert gradients and all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_cycle_gan_learns_with_a_generator_and_loads_it_again(name, tmp_path):
    options = MODELS["cycle_gan"].Options(netG=name, ngf=2, ndf=2)
    model, other = (build("cycle_gan", options, torch.device("cpu"), seed) for seed in (0, 1))
    before = [weight.clone() for weight in model.sem_to_depth.parameters()]
    images = 255 * torch.rand(2, 1, 72, 48)
    losses = model.step({"sem": images, "depth": images.flip(3)})
    assert all(value.isfinite() for value in losses.values())
    assert any(not torch.equal(a, b) for a, b in zip(before, model.sem_to_depth.parameters(), strict=True))
    for key, network in model.networks.items():
        torch.save(network.state_dict(), tmp_path / f"latest_net_{key}.pth")
    other.load(tmp_path, "latest")
    model.train(False)
    other.train(False)
    with torch.inference_mode():
        assert torch.equal(model.predict(images).raw_depth, other.predict(images).raw_depth)
