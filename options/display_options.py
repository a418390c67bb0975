"""What the user may say about live plots and pages, to both programs."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DisplayOptions:
    """display"""

    display_id: int = field(
        default=1,
        metadata={"help": "visdom window of the live plots; 0 is off", "bounds": (0, None), "may_change": True},
    )
    display_server: str = field(
        default="http://localhost", metadata={"help": "address of the visdom server", "may_change": True}
    )
    display_env: str = field(default="main", metadata={"help": "visdom environment", "may_change": True})
    display_port: int = field(
        default=8097, metadata={"help": "port of the visdom server", "bounds": (1, 65_535), "may_change": True}
    )
    display_ncols: int = field(
        default=4,
        metadata={
            "help": "images in a row of the live plots; 0 gives each its own window",
            "unit": "images",
            "bounds": (0, 64),
            "may_change": True,
        },
    )
    display_freq: int = field(
        default=400,
        metadata={
            "help": "show images every so many steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
    display_winsize: int = field(
        default=256,
        metadata={
            "help": "width of an image on pages and live plots",
            "unit": "px",
            "bounds": (16, 4096),
            "may_change": True,
        },
    )
    track: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "show the training in these programs, too, where they are installed: tensorboard, wandb (offline)",
            "choices": ("tensorboard", "wandb"),
            "may_change": True,
        },
    )
    html: bool = field(default=True, metadata={"help": "write web pages with images", "may_change": True})
    update_html_freq: int = field(
        default=1000,
        metadata={
            "help": "renew the training page every so many steps",
            "unit": "steps",
            "bounds": (1, None),
            "may_change": True,
        },
    )
