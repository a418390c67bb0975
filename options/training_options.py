"""What the user may say about the training loop."""

from dataclasses import dataclass, field

LR_POLICIES = ("linear", "step", "cosine")


@dataclass(frozen=True)
class TrainingOptions:
    """training loop"""

    n_epochs: int = field(
        default=100,
        metadata={
            "help": "epochs at the initial learning rate",
            "unit": "epochs",
            "bounds": (0, 1_000_000),
            "may_change": True,
        },
    )
    n_epochs_decay: int = field(
        default=100,
        metadata={
            "help": "epochs over which the learning rate then falls to zero; 0 is none",
            "unit": "epochs",
            "bounds": (0, 1_000_000),
            "may_change": True,
        },
    )
    epoch_count: int = field(
        default=1,
        metadata={"help": "number of the first epoch", "unit": "epochs", "bounds": (1, 2_000_000), "may_change": True},
    )
    batch_size: int = field(
        default=1, metadata={"help": "images of each domain in one step", "unit": "images", "bounds": (1, 65_536)}
    )
    lr_policy: str = field(
        default="linear", metadata={"help": "how the learning rate falls over the epochs", "choices": LR_POLICIES}
    )
    lr_decay_iters: int = field(
        default=50,
        metadata={
            "help": "with --lr_policy step: divide the learning rate by ten every so many epochs",
            "unit": "epochs",
            "bounds": (1, None),
        },
    )
    save_latest_freq: int = field(
        default=5000,
        metadata={
            "help": "save `latest` every so many steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    save_epoch_freq: int = field(
        default=5,
        metadata={
            "help": "keep the weights every so many epochs; the last epoch is always kept",
            "unit": "epochs",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    save_minutes: float = field(
        default=5.0,
        metadata={
            "help": "save `latest` every so many minutes; 0 is off",
            "unit": "min",
            "bounds": (0, None),
            "may_change": True,
        },
    )
    print_freq: int = field(
        default=100,
        metadata={
            "help": "write the losses every so many steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    continue_train: bool = field(
        default=False, metadata={"help": "go on with the run that the folder holds", "may_change": True}
    )
    overwrite: bool = field(
        default=False, metadata={"help": "discard the run that the folder holds and start anew", "may_change": True}
    )
    dry_run: bool = field(
        default=False,
        metadata={"help": "check options and data, take one step, write nothing", "may_change": True},
    )
