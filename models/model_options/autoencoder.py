"""Options of autoencoder."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from .pixel_losses import PIXEL_LOSSES


@dataclass(frozen=True)
class AutoencoderOptions:
    """autoencoder: SEM -> depth through a short code, learned from simulated pairs"""

    DEFAULTS: ClassVar[dict[str, Any]] = {"batch_size": 16}  # batch norm cannot learn from a single image

    architecture: str = field(
        default="dense",
        metadata={
            "former": "layers",
            "help": "dense = fully connected, as the contest's baseline (8.5 million weights at 72x48); "
            "convolutional keeps neighbouring pixels together",
            "choices": ("dense", "convolutional"),
        },
    )
    image_size: tuple[int, ...] = field(
        default=(72, 48),
        metadata={
            "help": "H,W of the images, needed by dense layers",
            "unit": "px",
            "bounds": (4, 4096),
            "counts": (1, 2),
        },
    )
    width: int = field(default=16, metadata={"help": "channels of the first convolution", "bounds": (1, 1024)})
    loss: str = field(default="l1", metadata={"help": "loss per pixel", "choices": tuple(PIXEL_LOSSES)})
    lr: float = field(
        default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None), "alters_run": True}
    )
