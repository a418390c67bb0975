"""Options of scale_invariant_depth."""

from dataclasses import dataclass, field

from .choices import NORMS


@dataclass(frozen=True)
class ScaleInvariantDepthOptions:
    """scale_invariant_depth: SEM -> depth up to scale and shift, learned from simulated pairs"""

    lambda_gradient: float = field(
        default=0.5,
        metadata={"help": "weight of the multi-scale gradient loss; 0 is off", "bounds": (0, None), "alters_run": True},
    )
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
