"""Options of the training loop."""

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
            "help": "epochs after --n_epochs, in which the learning rate falls to zero; 0 = none",
            "unit": "epochs",
            "bounds": (0, 1_000_000),
            "may_change": True,
        },
    )
    epoch_count: int = field(
        default=1,
        metadata={
            "help": "number of the first epoch of a new run",
            "unit": "epochs",
            "bounds": (1, 2_000_000),
            "may_change": True,
        },
    )
    batch_size: int = field(
        default=1,
        metadata={
            "help": "images of each domain in one step",
            "unit": "images",
            "bounds": (1, 65_536),
            "alters_run": True,
        },
    )
    lr_policy: str = field(
        default="linear",
        metadata={
            "help": "how the learning rate falls over the epochs",
            "choices": LR_POLICIES,
            "alters_run": True,
        },
    )
    lr_decay_iters: int = field(
        default=50,
        metadata={
            "help": "with --lr_policy step: divide the learning rate by ten every N epochs",
            "unit": "epochs",
            "bounds": (1, None),
            "alters_run": True,
        },
    )
    save_latest_freq: int = field(
        default=5000,
        metadata={
            "help": "save `latest` every N steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    save_epoch_freq: int = field(
        default=5,
        metadata={
            "help": "keep the weights every N epochs; the last epoch is always kept",
            "unit": "epochs",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    save_minutes: float = field(
        default=5.0,
        metadata={
            "help": "save `latest` every N minutes; 0 = off",
            "unit": "min",
            "bounds": (0, None),
            "may_change": True,
        },
    )
    print_freq: int = field(
        default=100,
        metadata={
            "help": "write the losses every N steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    init_from: str = field(
        default="",
        metadata={
            "help": "start a new run from trained weights: a run (name or folder), its epoch 50 (RUN/50), or a file, "
            "as in G_A=weights.pth"
        },
    )
    continue_train: bool = field(default=False, metadata={"help": "continue the run in the folder", "may_change": True})
    overwrite: bool = field(
        default=False, metadata={"help": "delete the run in the folder and start a new one", "may_change": True}
    )
    dry_run: bool = field(
        default=False,
        metadata={"help": "check options and data, take one step, write nothing", "may_change": True},
    )

    @property
    def last_epoch(self) -> int:
        """The number of the last epoch."""
        return self.n_epochs + self.n_epochs_decay
