"""The options of the data: where they are, how images are read and batched."""

from dataclasses import dataclass, field

PREPROCESS = ("none", "resize", "crop", "resize_and_crop")


@dataclass(frozen=True)
class DataOptions:
    """data"""

    dataroot: str = field(
        default="./sem",
        metadata={
            "help": "folder of the data set, in the contest's or the classic layout",
            "inherit": True,
            "may_change": True,
        },
    )
    preprocess: str = field(
        default="none",
        metadata={
            "help": "how image sizes are changed; by default they are not",
            "choices": PREPROCESS,
            "inherit": True,
        },
    )
    load_size: tuple[int, ...] = field(
        default=(72, 48),
        metadata={
            "help": "size to resize to (or one number)",
            "metavar": "H,W",
            "unit": "px",
            "bounds": (4, 4096),
            "counts": (1, 2),
            "inherit": True,
        },
    )
    crop_size: tuple[int, ...] = field(
        default=(72, 48),
        metadata={
            "help": "size of the random training crop (or one number)",
            "metavar": "H,W",
            "counts": (1, 2),
            "unit": "px",
            "bounds": (4, 4096),
            "inherit": True,
        },
    )
    grey_range: tuple[float, ...] = field(
        default=(),
        metadata={
            "help": "values of black and white in images of more than 8 bits",
            "metavar": "LOW,HIGH",
            "counts": (0, 2),
            "inherit": True,
        },
    )
    signal: str = field(
        default="",
        metadata={
            "help": "detector whose SEM images are used, as names (hole_SE.tif and hole_BSE.tif) or else headers state "
            "it; none = all images",
            "inherit": True,
            "may_change": True,
        },
    )
    data_bar: int = field(
        default=-1,
        metadata={
            "help": "rows at the bottom of SEM images that are a data bar and are cut; 0 (or --no_data_bar) = none, "
            "auto (or -1) = those that the header tells; test.py looks for others in plain folders and fields",
            "unit": "px",
            "bounds": (-1, 65_536),
            "may_change": True,
        },
    )
    hole_centre: tuple[float, ...] = field(
        default=(),
        metadata={
            "metavar": "Y,X",
            "help": "centroid of the hole in every depth map, if depth maps are centred and SEM images are not; "
            "predicted holes are moved to it",
            "unit": "px",
            "bounds": (0, 4096),
            "counts": (0, 2),
            "inherit": True,
            "may_change": True,
        },
    )
    flip: bool = field(default=True, metadata={"help": "mirror training images at random"})
    serial_batches: bool = field(default=False, metadata={"help": "read the images in the order of their names"})
    max_dataset_size: int = field(
        default=0,
        metadata={
            "help": "number of images used of each domain, evenly over classes and stems; 0 = all",
            "unit": "images",
            "bounds": (0, None),
            "alters_run": True,
        },
    )
    num_threads: int = field(
        default=0,
        metadata={
            "help": "number of processes that assemble batches; 0 = the main process",
            "unit": "processes",
            "bounds": (0, 256),
            "may_change": True,
        },
    )
    on_bad_image: str = field(
        default="error",
        metadata={
            "help": "what to do with an image that cannot be used: training does not start (error) or skips it (skip); "
            "testing always skips it, with exit status 1 (error) or 0 (skip)",
            "choices": ("error", "skip"),
            "may_change": True,
        },
    )
    cache: bool = field(
        default=True,
        metadata={
            "help": "keep decoded images in DATAROOT/.semdepth_cache; rebuilt when the files change",
            "inherit": True,
            "may_change": True,
        },
    )
