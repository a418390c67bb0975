"""CycleGAN between SEM images (A) and depth maps (B), unpaired: Zhu et al., ICCV 2017, arXiv:1703.10593.

No loss connects an image's brightness to a background level: the model learns the shapes, but not the absolute level.
"""

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import losses
from .base_model import BaseModel, ModelOutput, first_example
from .model_options import GENERATORS, CycleGanOptions
from .networks import (
    PatchDiscriminator,
    PixelDiscriminator,
    initialise,
    share_filters,
    to_grey,
    to_network,
)
from .training import ImagePool, PlotLayout, StepOutput, adam_options, shape_distance


class Generators(nn.Module):
    """Both generators in one module: a step runs all of its forward passes in one call.

    `share_pass`: two inputs of one generator go through it in one batch. That is exact if the norm treats every image
    alone (instance norm) and there is no dropout.
    """

    def __init__(self, sem_to_depth: nn.Module, depth_to_sem: nn.Module, identity: bool, share_pass: bool) -> None:
        super().__init__()
        self.sem_to_depth, self.depth_to_sem = sem_to_depth, depth_to_sem
        self.identity, self.share_pass = identity, share_pass

    def forward(self, sem: Tensor, depth: Tensor) -> dict[str, Tensor]:
        """Translations, reconstructions and identities of images (N, C, H, W), [-1..1]."""
        images = {}
        with share_filters(self):
            if self.identity:
                images["fake_depth"], images["same_depth"] = apply(self.sem_to_depth, sem, depth, self.share_pass)
                images["fake_sem"], images["same_sem"] = apply(self.depth_to_sem, depth, sem, self.share_pass)
            else:
                images["fake_depth"], images["fake_sem"] = self.sem_to_depth(sem), self.depth_to_sem(depth)
            images["rec_sem"] = self.depth_to_sem(images["fake_depth"])
            images["rec_depth"] = self.sem_to_depth(images["fake_sem"])
        return images


class Discriminators(nn.Module):
    """Both discriminators in one module: a step runs all of their forward passes in one call."""

    def __init__(self, disc_depth: nn.Module, disc_sem: nn.Module, share_pass: bool) -> None:
        super().__init__()
        self.disc_depth, self.disc_sem, self.share_pass = disc_depth, disc_sem, share_pass

    def forward(self, depth: Tensor, fake_depth: Tensor, sem: Tensor, fake_sem: Tensor) -> tuple[Tensor, ...]:
        """Patch outputs (N, 1, h, w) for each of the images (N, C, H, W), [-1..1], in the order of the arguments."""
        return (
            *apply(self.disc_depth, depth, fake_depth, self.share_pass),
            *apply(self.disc_sem, sem, fake_sem, self.share_pass),
        )


def apply(network: nn.Module, first: Tensor, second: Tensor, share_pass: bool) -> tuple[Tensor, Tensor]:
    """The network's outputs for two batches, from one forward pass if `share_pass` and their sizes agree."""
    if share_pass and first.shape[1:] == second.shape[1:]:
        outputs = network(torch.cat((first, second)))
        return outputs[: len(first)], outputs[len(first) :]
    return network(first), network(second)


class CycleGan(BaseModel):
    """Two generators and two discriminators; the training step equals the published one."""

    Options = CycleGanOptions
    dataset_kind = "unpaired"
    plot_layout = PlotLayout(
        loss_groups=(("adversarial", ("G_A", "G_B", "D_A", "D_B")),),
        other_losses="cycle and identity",
        image_rows=(("real_A", "fake_B", "rec_A"), ("real_B", "fake_A", "rec_B")),
        image_note="A is SEM, B is depth: real, translated (fake) and back (rec).",
        discriminator_losses=("D_A", "D_B"),
        translations=(("G_A", "real_A", "fake_B"), ("G_B", "real_B", "fake_A")),
    )
    options: CycleGanOptions

    def __init__(self, options: CycleGanOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        o = options
        self.sem_to_depth = self._generator(o.input_nc, o.output_nc)
        self.depth_to_sem = self._generator(o.output_nc, o.input_nc)
        self.disc_depth = self._discriminator(o.output_nc)
        self.disc_sem = self._discriminator(o.input_nc)
        self.networks = {
            "G_A": self.sem_to_depth,
            "G_B": self.depth_to_sem,
            "D_A": self.disc_depth,
            "D_B": self.disc_sem,
        }
        share_pass = o.norm != "batch" and not o.dropout
        self.ddp_modules = {
            "G": Generators(self.sem_to_depth, self.depth_to_sem, o.lambda_identity > 0, share_pass),
            "D": Discriminators(self.disc_depth, self.disc_sem, share_pass),
        }
        self.depth_pool = ImagePool(o.pool_size, seed)
        self.sem_pool = ImagePool(o.pool_size, seed + 1)
        self._images: dict[str, Tensor] = {}

    def new_optimiser(self, module: nn.Module) -> torch.optim.Optimizer:
        betas = self.options.beta1, 0.999
        return torch.optim.Adam(module.parameters(), betas=betas, **adam_options(self.options.lr, self.device))

    def enable_acceleration(
        self, precision: str = "auto", compiled: bool = False, task: str = "prediction"
    ) -> "CycleGan":
        super().enable_acceleration(precision, compiled, task)
        if self.device.type == "cuda":  # the layout in which cuDNN convolves without converting
            for network in self.networks.values():
                network.to(memory_format=torch.channels_last if self.bf16 else torch.contiguous_format)
        return self

    def check_training(self, last: int) -> None:
        self.options.check()

    @property
    def n_parameters(self) -> int:
        return sum(weight.numel() for weight in self.sem_to_depth.parameters())

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on `batch["sem"]` and `batch["depth"]`, (N, 1, H, W) [grey level]; they need not be pairs."""
        sem, depth = batch["sem"], batch["depth"]
        plans = self.depth_pool.plan(len(sem)), self.sem_pool.plan(len(depth))
        terms, self._images = self.capture.run("step", self._step, sem, depth, *plans)
        return terms

    def _step(self, sem: Tensor, depth: Tensor, depth_plan: Tensor, sem_plan: Tensor) -> StepOutput:
        """Both halves of a step on images (N, 1, H, W) [grey level], with the plans of the pools."""
        sem, depth = to_network(sem, self.options.input_nc), to_network(depth, self.options.output_nc)
        images, generator_losses = self._train_generators(sem, depth)
        fakes = images["fake_depth"], images["fake_sem"]
        pools = self.depth_pool.exchange(fakes[0], depth_plan), self.sem_pool.exchange(fakes[1], sem_plan)
        discriminator_losses = self._train_discriminators(depth, pools[0], sem, pools[1])
        shown = {
            "real_A": sem, "fake_B": images["fake_depth"], "rec_A": images["rec_sem"],
            "real_B": depth, "fake_A": images["fake_sem"], "rec_B": images["rec_depth"],
        }  # fmt: skip
        return StepOutput(generator_losses | discriminator_losses, shown)

    def _train_generators(self, sem: Tensor, depth: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The generators' images of (N, C, H, W), [-1..1], before the update of their weights, and their losses."""
        o = self.options
        for discriminator in (self.disc_depth, self.disc_sem):
            discriminator.requires_grad_(False)
        with self.autocast():
            images = self.ddp_modules["G"](sem, depth)
            on_fake_depth, on_fake_sem = self.disc_depth(images["fake_depth"]), self.disc_sem(images["fake_sem"])
        generator_losses = {
            "G_A": losses.adversarial(on_fake_depth, True, o.gan_mode),
            "G_B": losses.adversarial(on_fake_sem, True, o.gan_mode),
            "cycle_A": losses.cycle(images["rec_sem"], sem, o.lambda_A),
            "cycle_B": losses.cycle(images["rec_depth"], depth, o.lambda_B),
        }
        if o.lambda_identity > 0:
            generator_losses["idt_A"] = losses.identity(images["same_depth"], depth, o.lambda_B * o.lambda_identity)
            generator_losses["idt_B"] = losses.identity(images["same_sem"], sem, o.lambda_A * o.lambda_identity)
        self._descend("G", generator_losses)
        return images, generator_losses

    def _train_discriminators(
        self, depth: Tensor, old_depth: Tensor, sem: Tensor, old_sem: Tensor
    ) -> dict[str, Tensor]:
        """Losses of the discriminators on images and on the pools' translations, all (N, C, H, W), [-1..1]."""
        for discriminator in (self.disc_depth, self.disc_sem):
            discriminator.requires_grad_(True)
        with self.autocast():
            on_depth, on_old_depth, on_sem, on_old_sem = self.ddp_modules["D"](depth, old_depth, sem, old_sem)
        terms = {
            "D_A": losses.discriminator(on_depth, on_old_depth, self.options.gan_mode),
            "D_B": losses.discriminator(on_sem, on_old_sem, self.options.gan_mode),
        }
        self._descend("D", terms)
        return terms

    def predict(self, sem: Tensor) -> ModelOutput:
        return ModelOutput(self._translate(sem))

    def _translate(self, sem: Tensor) -> Tensor:
        """Depth maps of SEM images, both float32 (N, 1, H, W), [grey level 0..255]."""
        with self.autocast():
            return to_grey(self.sem_to_depth(to_network(sem.to(self.device), self.options.input_nc)))

    def render(self, depth: Tensor) -> Tensor:
        with self.autocast():
            return to_grey(self.depth_to_sem(to_network(depth.to(self.device), self.options.output_nc)))

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        depth = self.predict_batched(eval_set["sem"]).raw_depth
        assert depth is not None
        return {"w1_distance": shape_distance(depth[:, 0].cpu().numpy(), eval_set["depth"])}

    def get_visuals(self) -> dict[str, Tensor]:
        return {name: to_grey(image) for name, image in self._images.items()}

    @torch.inference_mode()
    def preview(self, eval_set: dict[str, NDArray]) -> dict[str, Tensor]:
        self.train(False)
        sem, depth = first_example(eval_set, "sem"), first_example(eval_set, "depth")
        fake_depth, fake_sem = self._translate(sem), self.render(depth)
        rec_sem, rec_depth = self.render(fake_depth), self._translate(fake_sem)
        self.train()
        return {
            "real_A": sem, "fake_B": fake_depth, "rec_A": rec_sem,
            "real_B": depth, "fake_A": fake_sem, "rec_B": rec_depth,
        }  # fmt: skip

    def rank_state_dict(self) -> dict[str, object]:
        return {"depth_pool": self.depth_pool.state_dict(), "sem_pool": self.sem_pool.state_dict()}

    def load_rank_state_dict(self, state: dict) -> None:
        self.depth_pool.load_state_dict(state["depth_pool"], self.device)
        self.sem_pool.load_state_dict(state["sem_pool"], self.device)
        self.capture.forget()

    def _descend(self, optimiser: str, terms: dict[str, Tensor]) -> None:
        self.optimisers[optimiser].zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        self.optimisers[optimiser].step()

    def _generator(self, input_nc: int, output_nc: int) -> nn.Module:
        o = self.options
        network = GENERATORS[o.netG](o, input_nc, output_nc)
        return initialise(network, o.init_type, o.init_gain).to(self.device)

    def _discriminator(self, input_nc: int) -> nn.Module:
        o = self.options
        if o.netD == "pixel":
            network: nn.Module = PixelDiscriminator(input_nc, o.ndf, o.norm)
        else:
            network = PatchDiscriminator(input_nc, o.ndf, o.norm, 3 if o.netD == "basic" else o.n_layers_D)
        return initialise(network, o.init_type, o.init_gain).to(self.device)
