"""Options of the prediction and of its results."""

from dataclasses import dataclass, field

DIRECTIONS = ("AtoB", "BtoA")
EXPORTS = ("gwy", "stl", "ply")


@dataclass(frozen=True)
class InferenceOptions:
    """prediction"""

    epoch: str = field(default="latest", metadata={"help": "weights to load: latest, best, or the number of an epoch"})
    direction: str = field(
        default="AtoB",
        metadata={"help": "AtoB = SEM to depth, BtoA = depth to SEM", "choices": DIRECTIONS},
    )
    phase: str = field(default="test", metadata={"help": "part of the data set", "choices": ("test",)})
    num_test: int = field(
        default=0,
        metadata={"help": "number of images to predict; 0 (or all, inf) = all", "unit": "images", "bounds": (0, None)},
    )
    batch_size: int = field(
        default=16,
        metadata={
            "help": "images predicted at once; it does not change the result",
            "unit": "images",
            "bounds": (1, 65_536),
        },
    )
    results_dir: str = field(default="./results", metadata={"help": "folder of the results of all runs"})
    overwrite: bool = field(
        default=False,
        metadata={"help": "replace results of another data set; without it, new ones go to a folder beside them"},
    )
    snap_background: bool = field(
        default=True,
        metadata={"former": "quantise", "help": "set the background to the nearest of --background_levels"},
    )
    background_levels: tuple[int, ...] = field(
        default=(140, 150, 160, 170),
        metadata={"help": "levels that the background can have", "unit": "grey level", "bounds": (0, 255)},
    )
    background_tolerance: int = field(
        default=8,
        metadata={
            "help": "background = pixels connected to the border whose grey is within this distance of its median",
            "unit": "grey level",
            "bounds": (0, 255),
        },
    )
    nm_per_grey: float = field(
        default=1.0,
        metadata={"help": "depth per grey level", "unit": "nm", "bounds": (1e-9, 1e9)},
    )
    reference_depth: float = field(
        default=0.0,
        metadata={
            "help": "known mean depth of the floors of --reference_site, which decides --nm_per_grey",
            "unit": "nm",
            "bounds": (0, 1e9),
        },
    )
    reference_site: str = field(
        default="",
        metadata={
            "help": "the test images of --reference_depth: a folder of test images as in the column site of "
            "holes.csv, or one image; none = all test images"
        },
    )
    pixel_nm: float = field(
        default=0.0,
        metadata={
            "help": "pixel size; 0 = read it from the images; if they have none, lengths are in pixels",
            "unit": "nm",
            "bounds": (0, 1e6),
        },
    )
    lines: bool = field(
        default=False,
        metadata={
            "help": "the images show lines between trenches: their tops are the background, and the lines are measured"
        },
    )
    tile_size: tuple[int, ...] = field(
        default=(),
        metadata={
            "help": "predict larger images in overlapping tiles of H,W (or one number), ideally of the training size; "
            "none = the whole image",
            "unit": "px",
            "bounds": (16, 4096),
            "counts": (0, 2),
        },
    )
    export: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "files for other programs, written beside each depth map; see docs/outputs.md",
            "choices": EXPORTS,
        },
    )
    field_threshold: str = field(
        default="otsu",
        metadata={
            "help": "what is dark in a field: otsu = below one grey level, local = below the surroundings of the pixel",
            "choices": ("otsu", "local"),
        },
    )
    field_area: tuple[int, ...] = field(
        default=(),
        metadata={
            "help": "MIN,MAX area of a hole in a field; none = a fifth of the typical area and five times that area",
            "unit": "px",
            "counts": (0, 2),
            "bounds": (1, 1 << 27),
        },
    )
    field_scale: float = field(
        default=1.0,
        metadata={
            "help": "px of the network per px of a field; auto (or 0) = scale holes to the size of the training holes",
            "bounds": (0, 100),
        },
    )
    ray: str = field(
        default="",
        metadata={
            "help": "predict in shards on Ray workers, without page and score: local, auto (this machine's cluster) or "
            "ray://HOST:PORT; finished shards are kept"
        },
    )
    ray_workers: int = field(
        default=2, metadata={"help": "workers with --ray, one core or GPU each", "bounds": (1, 10_000)}
    )
    shard_size: int = field(
        default=1000, metadata={"help": "images in a shard with --ray", "unit": "images", "bounds": (1, 1_000_000)}
    )
    watch: str = field(
        default="",
        metadata={
            "help": "predict the images of this folder as they come, until Ctrl-C; results are appended, and a restart "
            "continues; see docs/watch.md"
        },
    )
    # This must be the last field: its name hides the function `field`.
    field: bool = field(
        default=False,
        metadata={"help": "every image is a field of view: detect its holes, predict each, stitch their depth maps"},
    )
