"""Options of live plots and pages; test.py accepts them without effect."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class DisplayOptions:
    """display"""

    display_id: int = field(
        default=1,
        metadata={"help": "visdom window of the live plots; 0 or less = off", "may_change": True},
    )
    display_server: str = field(
        default="http://localhost",
        metadata={
            "help": "address of the visdom server, such as localhost, http://HOST:PORT or https://HOST:PORT/BASE",
            "may_change": True,
        },
    )
    display_env: str = field(default="main", metadata={"help": "visdom environment", "may_change": True})
    display_port: int = field(
        default=8097, metadata={"help": "port of the visdom server", "bounds": (1, 65_535), "may_change": True}
    )
    display_ncols: int = field(
        default=4,
        metadata={
            "help": "images in a row of the live plots; 0 = each in its own window",
            "unit": "images",
            "bounds": (0, 64),
            "may_change": True,
        },
    )
    display_freq: int = field(
        default=400,
        metadata={
            "help": "show images every N steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    track: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "also send the training to these programs, if they are installed: tensorboard, wandb (offline)",
            "choices": ("tensorboard", "wandb"),
            "may_change": True,
        },
    )
    html: bool = field(default=True, metadata={"help": "write web pages with images", "may_change": True})
    update_html_freq: int = field(
        default=1000,
        metadata={
            "help": "write the training page every N steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )

    @property
    def off(self) -> "DisplayOptions":
        """The same without pages, live plots and trackers."""
        return replace(self, html=False, display_id=0, track=())
