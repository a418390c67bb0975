"""The published CycleGAN training step as public toolkits run it: the plain reference of the speed measurements.

It follows the paper (Zhu et al. 2017, sections 3 to 5) and the documented behaviour of such toolkits: separate forward
passes, one backward pass for each discriminator, Adam with PyTorch's default implementation, images in PyTorch's
default memory format.
"""

import random

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ReferencePool:
    """The discriminators' memory of translated images; it uses Python's random numbers."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def query(self, images: Tensor) -> Tensor:
        selected = []
        for image in images:
            image = image.detach()[None]
            if len(self.images) < self.size:
                self.images.append(image)
                selected.append(image)
            elif random.random() > 0.5:
                index = random.randrange(self.size)
                selected.append(self.images[index].clone())
                self.images[index] = image
            else:
                selected.append(image)
        return torch.cat(selected)


class ReferenceStep:
    """Trains the networks G_A, G_B, D_A, D_B on images (N, 1, H, W) [grey level 0..255]."""

    def __init__(self, networks: dict[str, nn.Module], lr: float = 2e-4, weight: float = 10.0, identity: float = 0.5):
        self.networks, self.weight, self.identity = networks, weight, identity
        self.pools = ReferencePool(50), ReferencePool(50)
        self.optimisers = {
            key: torch.optim.Adam([p for name in names for p in networks[name].parameters()], lr=lr, betas=(0.5, 0.999))
            for key, names in {"G": ("G_A", "G_B"), "D": ("D_A", "D_B")}.items()
        }

    def __call__(self, sem: Tensor, depth: Tensor) -> dict[str, float]:
        g_a, g_b, d_a, d_b = (self.networks[name] for name in ("G_A", "G_B", "D_A", "D_B"))
        a, b = (sem / 255 - 0.5) / 0.5, (depth / 255 - 0.5) / 0.5

        fake_b = g_a(a)
        rec_a = g_b(fake_b)
        fake_a = g_b(b)
        rec_b = g_a(fake_a)

        for network in (d_a, d_b):
            network.requires_grad_(False)
        self.optimisers["G"].zero_grad()
        idt_a = F.l1_loss(g_a(b), b) * self.weight * self.identity
        idt_b = F.l1_loss(g_b(a), a) * self.weight * self.identity
        gan_a, gan_b = lsgan(d_a(fake_b), 1.0), lsgan(d_b(fake_a), 1.0)
        cycle_a, cycle_b = F.l1_loss(rec_a, a) * self.weight, F.l1_loss(rec_b, b) * self.weight
        (gan_a + gan_b + cycle_a + cycle_b + idt_a + idt_b).backward()
        self.optimisers["G"].step()

        for network in (d_a, d_b):
            network.requires_grad_(True)
        self.optimisers["D"].zero_grad()
        discriminator_losses = []
        for network, real, fake, pool in ((d_a, b, fake_b, self.pools[0]), (d_b, a, fake_a, self.pools[1])):
            loss = (lsgan(network(real), 1.0) + lsgan(network(pool.query(fake)), 0.0)) * 0.5
            loss.backward()
            discriminator_losses.append(loss)
        self.optimisers["D"].step()
        values = (gan_a, gan_b, cycle_a, cycle_b, idt_a, idt_b, *discriminator_losses)
        names = ("G_A", "G_B", "cycle_A", "cycle_B", "idt_A", "idt_B", "D_A", "D_B")
        return {name: value.item() for name, value in zip(names, values, strict=True)}


def lsgan(logits: Tensor, target: float) -> Tensor:
    return F.mse_loss(logits, torch.tensor(target, dtype=logits.dtype, device=logits.device).expand_as(logits))
