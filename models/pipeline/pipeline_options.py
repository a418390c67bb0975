"""What the user may say about the depth pipeline."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from ..errors import ModelError
from ..grey_levels import LEVELS


class TrainingStage(NamedTuple):
    """What is learned, after how many epochs, and until how many; None is the end."""

    name: str
    since: int
    until: int | None


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
    match_after_epochs: tuple[int, ...] = field(
        default=(14, 24),
        metadata={
            "help": "epochs after which real images are matched",
            "unit": "epochs",
            "bounds": (2, None),
            "former": "match_epochs",
        },
    )
    renderer_finetune_epochs: int = field(
        default=2,
        metadata={
            "help": "epochs in which the renderer learns from matches",
            "unit": "epochs",
            "bounds": (1, None),
            "former": "matched_epochs",
        },
    )

    def check(self, last: int | None = None) -> None:
        """Whether the stages, and a training of `last` epochs, leave an epoch for shapes around each match."""
        *stages, (_, end, _) = self.training_stages()
        for name, since, until in stages:
            if name == "shape" and until is not None and until <= since:
                raise ModelError(
                    f"--match_after_epochs: {until} must be above {since}, where what comes before it ends "
                    f"(--renderer_epochs {self.renderer_epochs}, --renderer_finetune_epochs {self.renderer_finetune_epochs})"
                )
        if last is not None and last <= end:
            raise ModelError(
                f"--n_epochs and --n_epochs_decay come to {last}: no epoch is left for shapes after {end}; "
                "say more, or shorten the stages as in --renderer_epochs 2 --match_after_epochs 4,7 --n_epochs 12"
            )

    def training_stage(self, epochs: int) -> TrainingStage:
        """What is learned after so many epochs."""
        return next(stage for stage in self.training_stages() if stage.until is None or epochs < stage.until)

    def training_stages(self) -> list[TrainingStage]:
        """What is learned one after another."""
        ends = [("renderer", self.renderer_epochs)]
        for match in self.match_after_epochs:
            ends += [("shape", match), ("real renderer", match + self.renderer_finetune_epochs)]
        since = [0, *(end for _, end in ends)]
        return [
            *(TrainingStage(name, start, end) for start, (name, end) in zip(since, ends, strict=False)),
            TrainingStage("shape", since[-1], None),
        ]
