"""Options of hole_segmenter."""

from dataclasses import dataclass, field

from .choices import NORMS


@dataclass(frozen=True)
class HoleSegmenterOptions:
    """hole_segmenter: SEM -> hole mask, learned from simulated pairs"""

    lr: float = field(
        default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None), "alters_run": True}
    )
    width: int = field(
        default=16, metadata={"help": "channels at full size; doubled at each halving", "bounds": (1, 1024)}
    )
    num_downs: int = field(
        default=3, metadata={"help": "number of times that the image is halved", "bounds": (1, 6), "former": "depth"}
    )
    norm: str = field(default="batch", metadata={"help": "normalisation", "choices": NORMS})
