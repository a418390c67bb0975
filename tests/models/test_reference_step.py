"""The training step equals the published one, written out plainly."""

import copy

import pytest
import torch
import torch.nn.functional as F

from models import build
from models.model_options import CycleGanOptions


def published_step(networks, optimisers, sem, depth, lambda_a, lambda_b, lambda_identity, gan):
    """Zhu et al. 2017 as the authors' program does it: one forward pass at a time, no pooling of fakes."""
    g_a, g_b, d_a, d_b = (networks[name] for name in ("G_A", "G_B", "D_A", "D_B"))
    a, b = sem / 127.5 - 1, depth / 127.5 - 1

    fake_b = g_a(a)
    rec_a = g_b(fake_b)
    fake_a = g_b(b)
    rec_b = g_a(fake_a)
    answer_a, answer_b = d_a(fake_b), d_b(fake_a)
    losses = {
        "G_A": gan(answer_a, torch.ones_like(answer_a)),
        "G_B": gan(answer_b, torch.ones_like(answer_b)),
        "cycle_A": (rec_a - a).abs().mean() * lambda_a,
        "cycle_B": (rec_b - b).abs().mean() * lambda_b,
    }
    if lambda_identity:
        losses["idt_A"] = (g_a(b) - b).abs().mean() * lambda_b * lambda_identity
        losses["idt_B"] = (g_b(a) - a).abs().mean() * lambda_a * lambda_identity
    optimisers["G"].zero_grad()
    sum(losses.values()).backward()
    gradients = {name: [p.grad.clone() for p in networks[name].parameters()] for name in ("G_A", "G_B")}
    optimisers["G"].step()

    optimisers["D"].zero_grad()
    for name, discriminator, real, fake in (("D_A", d_a, b, fake_b), ("D_B", d_b, a, fake_a)):
        on_real, on_fake = discriminator(real), discriminator(fake.detach())
        losses[name] = 0.5 * (gan(on_real, torch.ones_like(on_real)) + gan(on_fake, torch.zeros_like(on_fake)))
        losses[name].backward()
        gradients[name] = [p.grad.clone() for p in discriminator.parameters()]
    optimisers["D"].step()
    return {name: value.item() for name, value in losses.items()}, gradients


@pytest.mark.parametrize("gan_mode, gan", [("lsgan", F.mse_loss), ("vanilla", F.binary_cross_entropy_with_logits)])
@pytest.mark.parametrize("identity", [0.5, 0.0])
def test_step_equals_the_published_step(gan_mode, gan, identity):
    torch.manual_seed(0)
    options = CycleGanOptions(
        ngf=4,
        ndf=4,
        netG="resnet_6blocks",
        pool_size=0,
        lambda_A=10,
        lambda_B=7,
        lambda_identity=identity,
        gan_mode=gan_mode,
        lr=2e-4,
    )
    model = build("cycle_gan", options, torch.device("cpu"))
    for network in model.networks.values():
        network.double()
    networks = copy.deepcopy(model.networks)
    optimisers = {
        "G": torch.optim.Adam(
            [*networks["G_A"].parameters(), *networks["G_B"].parameters()], lr=2e-4, betas=(0.5, 0.999)
        ),
        "D": torch.optim.Adam(
            [*networks["D_A"].parameters(), *networks["D_B"].parameters()], lr=2e-4, betas=(0.5, 0.999)
        ),
    }
    for _ in range(3):
        sem, depth = (255 * torch.rand(2, 1, 72, 48, dtype=torch.float64) for _ in range(2))
        expected, gradients = published_step(networks, optimisers, sem, depth, 10, 7, identity, gan)
        got = model.step({"sem": sem, "depth": depth})
        assert got.keys() == expected.keys()
        for name, value in expected.items():
            assert got[name].item() == pytest.approx(value, rel=1e-6, abs=1e-12), name
        for name, wanted in gradients.items():
            # Against the network's largest gradient: a bias before instance norm has none but rounding noise.
            largest = max(gradient.abs().max() for gradient in wanted)
            for parameter, gradient in zip(model.networks[name].parameters(), wanted, strict=True):
                assert (parameter.grad - gradient).abs().max() < 1e-6 * largest, name
