"""CycleGAN between SEM images (A) and depth maps (B), unpaired: Zhu et al., ICCV 2017, arXiv:1703.10593.

Nothing in the objective says which brightness belongs to which background level: the shapes are learned, the absolute
level is not.
"""

from dataclasses import dataclass, field

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import losses
from .base_model import BaseModel, ModelOutput
from .networks import (
    INITS,
    NORMS,
    PatchDiscriminator,
    PixelDiscriminator,
    ResnetGenerator,
    filters_shared,
    initialise,
    to_grey,
    to_network,
)
from .training import ImagePool, PlotLayout, shape_distance

GENERATOR_BLOCKS = {"resnet_9blocks": 9, "resnet_6blocks": 6}
DISCRIMINATORS = ("basic", "n_layers", "pixel")


@dataclass(frozen=True)
class CycleGanOptions:
    """cycle_gan: unpaired SEM <-> depth"""

    lambda_A: float = field(
        default=10.0, metadata={"help": "weight of the cycle SEM -> depth -> SEM", "bounds": (0, None)}
    )
    lambda_B: float = field(
        default=10.0, metadata={"help": "weight of the cycle depth -> SEM -> depth", "bounds": (0, None)}
    )
    lambda_identity: float = field(
        default=0.5,
        metadata={"help": "identity loss, relative to lambda_A and lambda_B; 0 is off", "bounds": (0, None)},
    )
    gan_mode: str = field(default="lsgan", metadata={"help": "adversarial loss", "choices": ("lsgan", "vanilla")})
    pool_size: int = field(
        default=50,
        metadata={"help": "translated images that a discriminator remembers", "unit": "images", "bounds": (0, None)},
    )
    lr: float = field(default=2e-4, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})
    beta1: float = field(default=0.5, metadata={"help": "Adam's first momentum", "bounds": (0, 0.9999)})
    netG: str = field(
        default="resnet_9blocks", metadata={"help": "generator architecture", "choices": tuple(GENERATOR_BLOCKS)}
    )
    netD: str = field(
        default="basic",
        metadata={
            "help": "discriminator: basic = PatchGAN of three layers; n_layers takes --n_layers_D",
            "choices": DISCRIMINATORS,
        },
    )
    ngf: int = field(default=64, metadata={"help": "generator width", "unit": "channels", "bounds": (1, 1024)})
    ndf: int = field(default=64, metadata={"help": "discriminator width", "unit": "channels", "bounds": (1, 1024)})
    n_layers_D: int = field(
        default=3,
        metadata={
            "help": "layers with --netD n_layers; at 72x48 three see almost the whole image, two do not",
            "bounds": (1, 3),
        },
    )
    norm: str = field(default="instance", metadata={"help": "normalisation", "choices": tuple(NORMS)})
    dropout: bool = field(default=False, metadata={"help": "dropout in the generators"})
    init_type: str = field(default="normal", metadata={"help": "initial weights", "choices": tuple(INITS)})
    init_gain: float = field(default=0.02, metadata={"help": "gain of normal, xavier, orthogonal", "bounds": (0, None)})
    input_nc: int = field(default=1, metadata={"help": "SEM channels; grey is repeated over them", "bounds": (1, 3)})
    output_nc: int = field(default=1, metadata={"help": "depth channels; grey is repeated over them", "bounds": (1, 3)})


class Generators(nn.Module):
    """Both generators, as one step applies them: every pass in one call.

    `joins`: instance norm treats every image alone, so two inputs of one generator may share a pass.
    """

    def __init__(self, sem_to_depth: nn.Module, depth_to_sem: nn.Module, identity: bool, joins: bool) -> None:
        super().__init__()
        self.sem_to_depth, self.depth_to_sem = sem_to_depth, depth_to_sem
        self.identity, self.joins = identity, joins

    def forward(self, sem: Tensor, depth: Tensor) -> dict[str, Tensor]:
        """Translations, reconstructions and identities of images (N, C, H, W), [-1..1]."""
        made = {}
        with filters_shared(self):
            if self.identity:
                made["fake_depth"], made["same_depth"] = apply(self.sem_to_depth, sem, depth, self.joins)
                made["fake_sem"], made["same_sem"] = apply(self.depth_to_sem, depth, sem, self.joins)
            else:
                made["fake_depth"], made["fake_sem"] = self.sem_to_depth(sem), self.depth_to_sem(depth)
            made["rec_sem"] = self.depth_to_sem(made["fake_depth"])
            made["rec_depth"] = self.sem_to_depth(made["fake_sem"])
        return made


class Discriminators(nn.Module):
    """Both discriminators, as one step applies them."""

    def __init__(self, disc_depth: nn.Module, disc_sem: nn.Module, joins: bool) -> None:
        super().__init__()
        self.disc_depth, self.disc_sem, self.joins = disc_depth, disc_sem, joins

    def forward(self, depth: Tensor, fake_depth: Tensor, sem: Tensor, fake_sem: Tensor) -> tuple[Tensor, ...]:
        """Answers (N, 1, h, w) on each of the images (N, C, H, W), [-1..1]."""
        return (
            *apply(self.disc_depth, depth, fake_depth, self.joins),
            *apply(self.disc_sem, sem, fake_sem, self.joins),
        )


def apply(network: nn.Module, first: Tensor, second: Tensor, joins: bool) -> tuple[Tensor, Tensor]:
    """The network's answers to two batches, in one pass where that is the same."""
    if joins and first.shape[1:] == second.shape[1:]:
        together = network(torch.cat((first, second)))
        return together[: len(first)], together[len(first) :]
    return network(first), network(second)


class CycleGan(BaseModel):
    """Two generators, two discriminators; the step equals the published one."""

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
        joins = o.norm != "batch" and not o.dropout
        self.ddp_modules = {
            "G": Generators(self.sem_to_depth, self.depth_to_sem, o.lambda_identity > 0, joins),
            "D": Discriminators(self.disc_depth, self.disc_sem, joins),
        }
        self.optimisers = {
            name: torch.optim.Adam(learner.parameters(), lr=o.lr, betas=(o.beta1, 0.999), fused=True)
            for name, learner in self.ddp_modules.items()
        }
        self.depth_pool = ImagePool(o.pool_size, seed)
        self.sem_pool = ImagePool(o.pool_size, seed + 1)
        self._images: dict[str, Tensor] = {}

    @property
    def parameters(self) -> int:
        return sum(weight.numel() for weight in self.sem_to_depth.parameters())

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on `batch["sem"]` and `batch["depth"]`, (N, 1, H, W) grey levels, which need not belong together."""
        o = self.options
        sem = to_network(batch["sem"].to(self.device), o.input_nc)
        depth = to_network(batch["depth"].to(self.device), o.output_nc)
        discriminators = (self.disc_depth, self.disc_sem)

        for discriminator in discriminators:
            discriminator.requires_grad_(False)
        with self.autocast():
            made = self.ddp_modules["G"](sem, depth)
            judged_depth, judged_sem = self.disc_depth(made["fake_depth"]), self.disc_sem(made["fake_sem"])
        generator = {
            "G_A": losses.adversarial(judged_depth, True, o.gan_mode),
            "G_B": losses.adversarial(judged_sem, True, o.gan_mode),
            "cycle_A": losses.cycle(made["rec_sem"], sem, o.lambda_A),
            "cycle_B": losses.cycle(made["rec_depth"], depth, o.lambda_B),
        }
        if o.lambda_identity > 0:
            generator["idt_A"] = losses.identity(made["same_depth"], depth, o.lambda_B * o.lambda_identity)
            generator["idt_B"] = losses.identity(made["same_sem"], sem, o.lambda_A * o.lambda_identity)
        self._descend("G", generator)

        for discriminator in discriminators:
            discriminator.requires_grad_(True)
        older_depth, older_sem = self.depth_pool.query(made["fake_depth"]), self.sem_pool.query(made["fake_sem"])
        with self.autocast():
            on_depth, on_older_depth, on_sem, on_older_sem = self.ddp_modules["D"](depth, older_depth, sem, older_sem)
        judged = {
            "D_A": losses.discriminator(on_depth, on_older_depth, o.gan_mode),
            "D_B": losses.discriminator(on_sem, on_older_sem, o.gan_mode),
        }
        self._descend("D", judged)

        self._images = {
            "real_A": sem, "fake_B": made["fake_depth"], "rec_A": made["rec_sem"],
            "real_B": depth, "fake_A": made["fake_sem"], "rec_B": made["rec_depth"],
        }  # fmt: skip
        return {name: value.detach() for name, value in (generator | judged).items()}

    def predict(self, sem: Tensor) -> ModelOutput:
        with self.autocast():
            return ModelOutput(to_grey(self.sem_to_depth(to_network(sem.to(self.device), self.options.input_nc))))

    def render(self, depth: Tensor) -> Tensor:
        with self.autocast():
            return to_grey(self.depth_to_sem(to_network(depth.to(self.device), self.options.output_nc)))

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        depth = self.predict_batched(eval_set["sem"]).raw_depth
        assert depth is not None
        return {"distance": shape_distance(depth[:, 0].cpu().numpy(), eval_set["depth"])}

    def get_visuals(self) -> dict[str, Tensor]:
        return {name: to_grey(image.detach()) for name, image in self._images.items()}

    def rank_state_dict(self) -> dict[str, object]:
        return {"depth_pool": self.depth_pool.state_dict(), "sem_pool": self.sem_pool.state_dict()}

    def load_rank_state_dict(self, state: dict) -> None:
        self.depth_pool.load_state_dict(state["depth_pool"], self.device)
        self.sem_pool.load_state_dict(state["sem_pool"], self.device)

    def _descend(self, optimiser: str, terms: dict[str, Tensor]) -> None:
        self.optimisers[optimiser].zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        self.optimisers[optimiser].step()

    def _generator(self, input_nc: int, output_nc: int) -> nn.Module:
        o = self.options
        network = ResnetGenerator(input_nc, output_nc, o.ngf, o.norm, o.dropout, GENERATOR_BLOCKS[o.netG])
        return initialise(network, o.init_type, o.init_gain).to(self.device)

    def _discriminator(self, input_nc: int) -> nn.Module:
        o = self.options
        if o.netD == "pixel":
            network: nn.Module = PixelDiscriminator(input_nc, o.ndf, o.norm)
        else:
            network = PatchDiscriminator(input_nc, o.ndf, o.norm, 3 if o.netD == "basic" else o.n_layers_D)
        return initialise(network, o.init_type, o.init_gain).to(self.device)
