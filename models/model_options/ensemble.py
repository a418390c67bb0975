"""Options of ensemble."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class EnsembleOptions:
    """ensemble: regressors, classifiers and segmenters combined by votes"""

    members: tuple[str, ...] = field(
        default=(), metadata={"help": "runA,runB,...: trained runs in --checkpoints_dir; any number of each model"}
    )
    member_epoch: str = field(
        default="latest", metadata={"help": "weights of each member: latest, best, or the number of an epoch"}
    )
    vote: str = field(
        default="soft",
        metadata={
            "help": "soft = mean depth, averaged probabilities; hard = median depth, one vote per member",
            "choices": ("soft", "hard"),
        },
    )
