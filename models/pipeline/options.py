"""What the user may say about the depth pipeline."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..quantisation import LEVELS


@dataclass(frozen=True)
class DepthPipelineOptions:
    """depth_pipeline: SEM -> depth, learned from simulated pairs and made to hold on the real images"""

    DEFAULTS: ClassVar[dict[str, Any]] = {
        "n_epochs": 45,
        "n_epochs_decay": 0,
        "batch_size": 16,
        "lr_policy": "cosine",
    }

    levels: tuple[int, ...] = field(
        default=LEVELS,
        metadata={"help": "levels that a background can have", "unit": "grey level", "bounds": (0, 255)},
    )
    lr: float = field(default=2e-3, metadata={"help": "initial learning rate of AdamW", "bounds": (0, None)})
    width: int = field(
        default=16, metadata={"help": "channels at half size; doubled by each halving", "bounds": (1, 1024)}
    )
    renderer_epochs: int = field(
        default=6, metadata={"help": "epochs in which the renderer learns", "unit": "epochs", "bounds": (1, None)}
    )
    match_epoch: int = field(
        default=18,
        metadata={"help": "epoch after which real images are matched", "unit": "epochs", "bounds": (2, None)},
    )
    matched_epochs: int = field(
        default=3,
        metadata={"help": "epochs in which the renderer learns from matches", "unit": "epochs", "bounds": (1, None)},
    )
