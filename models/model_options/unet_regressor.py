"""Options of unet_regressor."""

from dataclasses import dataclass, field

from .choices import NORMS
from .pixel_losses import PIXEL_LOSSES


@dataclass(frozen=True)
class UnetRegressorOptions:
    """unet_regressor: SEM -> depth, learned from simulated pairs"""

    loss: str = field(default="l1", metadata={"help": "loss per pixel", "choices": tuple(PIXEL_LOSSES)})
    lr: float = field(
        default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None), "alters_run": True}
    )
    width: int = field(
        default=32, metadata={"help": "channels at full size; doubled at each halving", "bounds": (1, 1024)}
    )
    num_downs: int = field(
        default=3, metadata={"help": "number of times that the image is halved", "bounds": (1, 6), "former": "depth"}
    )
    norm: str = field(default="batch", metadata={"help": "normalisation", "choices": NORMS})
