"""Options of background_classifier."""

from dataclasses import dataclass, field

from ..grey_levels import LEVELS


@dataclass(frozen=True)
class BackgroundClassifierOptions:
    """background_classifier: SEM -> background level, learned from labelled folders or simulated pairs"""

    label_source: str = field(
        default="real",
        metadata={
            "former": "labels",
            "help": "real = the depth folders of the real training images, simulation = the simulated cases",
            "choices": ("real", "simulation"),
        },
    )
    levels: tuple[int, ...] = field(
        default=LEVELS,
        metadata={
            "help": "the classes: levels that a background can have; if not given, those of the real images",
            "unit": "grey level",
            "bounds": (0, 255),
        },
    )
    lr: float = field(
        default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None), "alters_run": True}
    )
