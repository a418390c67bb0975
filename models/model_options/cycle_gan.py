"""Options of cycle_gan."""

from dataclasses import dataclass, field

from ..errors import ModelError
from .choices import INITS, NORMS
from .generators import GENERATORS


@dataclass(frozen=True)
class CycleGanOptions:
    """cycle_gan: SEM <-> depth, learned from SEM images and depth maps, unpaired"""

    lambda_A: float = field(
        default=10.0,
        metadata={"help": "weight of the cycle SEM -> depth -> SEM", "bounds": (0, None), "alters_run": True},
    )
    lambda_B: float = field(
        default=10.0,
        metadata={"help": "weight of the cycle depth -> SEM -> depth", "bounds": (0, None), "alters_run": True},
    )
    lambda_identity: float = field(
        default=0.5,
        metadata={
            "help": "identity loss, relative to lambda_A and lambda_B; 0 is off",
            "bounds": (0, None),
            "alters_run": True,
        },
    )
    gan_mode: str = field(default="lsgan", metadata={"help": "adversarial loss", "choices": ("lsgan", "vanilla")})
    pool_size: int = field(
        default=50,
        metadata={
            "help": "translated images kept for the discriminators",
            "unit": "images",
            "bounds": (0, None),
            "alters_run": True,
        },
    )
    lr: float = field(
        default=2e-4, metadata={"help": "initial learning rate of Adam", "bounds": (0, None), "alters_run": True}
    )
    beta1: float = field(default=0.5, metadata={"help": "Adam's first momentum", "bounds": (0, 0.9999)})
    netG: str = field(
        default="resnet_9blocks",
        metadata={"help": "generator architecture", "choices": tuple(GENERATORS)},
    )
    netD: str = field(
        default="basic",
        metadata={
            "help": "discriminator: basic = PatchGAN of three layers; n_layers takes --n_layers_D",
            "choices": ("basic", "n_layers", "pixel"),
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
    norm: str = field(default="instance", metadata={"help": "normalisation", "choices": NORMS})
    dropout: bool = field(default=False, metadata={"help": "dropout in the generators"})
    init_type: str = field(default="normal", metadata={"help": "initial weights", "choices": INITS})
    init_gain: float = field(default=0.02, metadata={"help": "gain of normal, xavier, orthogonal", "bounds": (0, None)})
    input_nc: int = field(default=1, metadata={"help": "SEM channels; grey is repeated over them", "bounds": (1, 3)})
    output_nc: int = field(default=1, metadata={"help": "depth channels; grey is repeated over them", "bounds": (1, 3)})

    def check(self) -> None:
        """Raises a `ModelError` if a loss compares images with different numbers of channels."""
        if self.lambda_identity > 0 and self.input_nc != self.output_nc:
            raise ModelError(
                f"--input_nc {self.input_nc} and --output_nc {self.output_nc}: the identity loss needs as many "
                f"channels in as out; use --output_nc {self.input_nc} too, or --lambda_identity 0"
            )
