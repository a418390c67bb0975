"""Options of the depth pipeline, and the training stages that follow from them."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from ..errors import ModelError
from ..grey_levels import LEVELS

SHORTEST = "--renderer_epochs 1 --match_after_epochs 2,4 --renderer_finetune_epochs 1 --n_epochs 6"


class TrainingStage(NamedTuple):
    """What is trained, and its epochs: from `start` up to, not including, `end`; None is the end of the training."""

    name: str
    start: int
    end: int | None


@dataclass(frozen=True)
class DepthPipelineOptions:
    """depth_pipeline: SEM -> depth, learned from simulated pairs and labelled real images (sim-to-real)"""

    DEFAULTS: ClassVar[dict[str, Any]] = {
        "n_epochs": 45,
        "n_epochs_decay": 0,
        "batch_size": 16,
        "lr_policy": "cosine",
    }

    levels: tuple[int, ...] = field(
        default=LEVELS,
        metadata={
            "help": "levels that a background can have; if not given, those of the real images, or the middle one of "
            "the simulated pairs where nothing tells how deep real images are",
            "unit": "grey level",
            "bounds": (0, 255),
        },
    )
    relative_depth: bool = field(
        default=False,
        metadata={
            "help": "the real images have no known depth: depths are relative to that of --levels; set by train.py "
            "where nothing tells how deep real images are"
        },
    )
    lr: float = field(
        default=2e-3, metadata={"help": "initial learning rate of AdamW", "bounds": (0, None), "alters_run": True}
    )
    width: int = field(
        default=16, metadata={"help": "channels at half size; doubled by each halving", "bounds": (1, 1024)}
    )
    renderer_epochs: int = field(
        default=6, metadata={"help": "epochs that train the renderer", "unit": "epochs", "bounds": (1, None)}
    )
    match_after_epochs: tuple[int, ...] = field(
        default=(14, 24),
        metadata={
            "help": "epochs after which real images are matched with simulated shapes",
            "unit": "epochs",
            "bounds": (1, None),
            "former": "match_epochs",
        },
    )
    renderer_finetune_epochs: int = field(
        default=2,
        metadata={
            "help": "epochs that train the renderer on matched images",
            "unit": "epochs",
            "bounds": (1, None),
            "former": "matched_epochs",
        },
    )

    def check(self, n_epochs: int | None = None) -> None:
        """Raises a `ModelError` if a stage, or a training of `n_epochs` epochs, has no epoch for the depth network."""
        *stages, (_, last_end, _) = self.training_stages()
        for name, start, end in stages:
            if name == "shape" and end is not None and end <= start:
                raise ModelError(
                    f"--match_after_epochs: {end} must be above {start}, where the stage before it ends "
                    f"(--renderer_epochs {self.renderer_epochs}, "
                    f"--renderer_finetune_epochs {self.renderer_finetune_epochs}); the shortest training is {SHORTEST}"
                )
        if n_epochs is not None and n_epochs <= last_end:
            raise ModelError(
                f"--n_epochs and --n_epochs_decay come to {n_epochs}: no epoch is left for shapes after {last_end}; "
                f"use more epochs, or shorter stages; the shortest training is {SHORTEST}"
            )

    def training_stage(self, epochs: int) -> TrainingStage:
        """The stage after so many epochs."""
        return next(stage for stage in self.training_stages() if stage.end is None or epochs < stage.end)

    def training_stages(self) -> list[TrainingStage]:
        """All stages in their order."""
        ends = [("renderer", self.renderer_epochs)]
        for match in self.match_after_epochs:
            ends += [("shape", match), ("real renderer", match + self.renderer_finetune_epochs)]
        starts = [0, *(end for _, end in ends)]
        return [
            *(TrainingStage(name, start, end) for start, (name, end) in zip(starts, ends, strict=False)),
            TrainingStage("shape", starts[-1], None),
        ]
