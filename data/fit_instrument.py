"""Fits an instrument to real SEM images: python -m data.fit_instrument ./mine --dataroot ./sem --out ./mine_instrument

IMAGES is a data set in the contest's layout, of which the training images are used, or a folder of images of one
depth. The holes are taken to be like those of the depth maps of --dataroot, or of IMAGES if it has some, or else of the
simulator; which hole an image shows need not be known. At least 4 images must show one hole each: crop fields of many
holes. All must have one pixel size, unless --pixel_nm gives it.

Writes instrument.json, for `python -m data.simulate --real_instrument`, and instrument_fit.png, with measured beside
fitted statistics. Exit status: 0 a good fit, 1 profiles that differ by more than 5 %, 2 wrong usage or images that
cannot be fitted.
"""

import argparse
import re
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from .batches import (
    UNKNOWN,
    average_depth_if_usable,
    grouped_by_site,
    levels_of_folders,
    only_width,
    read_stack,
    size_text,
)
from .command_line import RAW, Parser, add_option, add_pixel_size
from .data_options import DataOptions
from .dataset_layout import DatasetLayout, ImageFile, even_subset, stratified_subset
from .errors import DataError, printable
from .grey_levels import FLOOR
from .instrument_fit import (
    FULL,
    UNKNOWN_DEPTH,
    InstrumentFit,
    built_in_library,
    count_steps,
    default_pixel_nm,
    depths_of_levels,
    describe,
    draw_fit,
    fit_instrument,
    normalise_maps,
)

OPTIONS = ("grey_range", "data_bar", "signal")
NOT_GOOD = (
    "not a good fit, see instrument_fit.png; usual reasons are holes unlike those of --dataroot, a wrong --pixel_nm, "
    "wrong depths, and images of more than one hole"
)
MAX_IMAGES, MAX_MAPS = 400, 400  # that are read


@dataclass(frozen=True)
class Domain:
    """SEM images (N, H, W) [grey level], the index of each one's depth (N,), the depths (L,) [nm] with names, and
    the pixel size [nm], 0 where nothing tells it."""

    images: NDArray
    depth_index: NDArray[np.int64]
    depth_nm: NDArray[np.float64]
    names: list[str]
    pixel_nm: float


def find_images(options: DataOptions) -> tuple[DatasetLayout, list[ImageFile]]:
    """The training images of a data set, or the images of a folder."""
    try:
        layout = DatasetLayout(options.dataroot, options.signal)
        trained, tested = layout.training_folders[0], layout.test_folder()
        if not layout.plain and not layout.folder(trained).is_dir() and tested.is_dir():
            advice = f"if all test images are of one depth, for IMAGES give {tested}"
            raise DataError(f"{options.dataroot}: has test images but no {trained}; {advice}")
        return layout, layout.test_sem() if layout.plain else grouped_by_site(layout.sem())
    except DataError as error:  # here, --dataroot is not the flag of the images
        text = str(error).replace("for test.py, a folder of images", "a folder of images of one depth")
        text = text.replace("holds no data set in a known layout", "is neither a data set nor a folder of images")
        text = text.replace("use --dataroot with the folder", "for IMAGES give the folder")
        text = re.sub("(use|choose) --dataroot ", "for IMAGES give ", text).replace(" or --dataroot ", " or ")
        raise DataError(text) from None


def read_domain(options: DataOptions, given_pixel_nm: float) -> Domain:
    """The images of a data set with the depths that its folders name, or those of a folder, of one unknown depth.

    Raises DataError for images of different pixel sizes, unless one is given [nm].
    """
    layout, files = find_images(options)
    files = stratified_subset(files, MAX_IMAGES)
    level_of = levels_of_folders(layout, files) if layout.contest else {}
    levels, index = np.unique([level_of.get(file.class_folder, UNKNOWN) for file in files], return_inverse=True)
    images = read_stack(files, options, "reading SEM images")
    pixel_nm = given_pixel_nm or only_width(files)
    if UNKNOWN in levels:
        print(f"no folder names a depth: it is taken to be {UNKNOWN_DEPTH:g} nm")
        return Domain(images, index, np.array([UNKNOWN_DEPTH]), ["one depth"], pixel_nm)
    depth_nm = depths_of_levels(levels, average_depth_if_usable(layout))
    names = [f"Depth_{level - FLOOR}: {depth:.1f} nm" for level, depth in zip(levels, depth_nm, strict=True)]
    return Domain(images, index, depth_nm, names, pixel_nm)


def read_library(options: DataOptions, is_required: bool, image: NDArray) -> NDArray[np.float32]:
    """Normalised depths (M, H, W) of the shapes of a data set; those of the simulator where it has none.

    Raises DataError where the maps are not as large as an `image` (H, W), or where they are missing and `is_required`.
    """
    try:
        files = DatasetLayout(options.dataroot).depth()
    except DataError:
        if is_required:
            raise
        print("shapes: those of the simulator; --dataroot names a data set with others")
        return built_in_library(image.shape)
    deepest: dict[str, ImageFile] = {}
    for file in sorted(files, key=lambda file: file.class_folder):  # the deepest case is the finest
        deepest[file.group] = file
    chosen = even_subset(list(deepest.values()), MAX_MAPS)
    maps = read_stack(chosen, replace(options, data_bar=0), "reading depth maps")
    if maps.shape[1:] != image.shape:
        raise DataError(
            f"{chosen[0].name}: {size_text(maps[0])} where SEM images are {size_text(image)}; use equal sizes"
        )
    print(f"shapes: {len(maps)} depth maps of {printable(options.dataroot)}")
    return normalise_maps(maps)


def fit(images: DataOptions, library_root: str | None, given_pixel_nm: float, out: Path) -> bool:
    """Fits, prints the table of the parameters, and writes both files into `out`; returns whether the fit is good."""
    domain = read_domain(images, given_pixel_nm)
    library = read_library(
        replace(images, dataroot=library_root or images.dataroot), library_root is not None, domain.images[0]
    )
    width_nm = domain.pixel_nm
    if not width_nm:
        width_nm = default_pixel_nm(domain.images.shape[1:])
        print(f"pixel size: no image states one; taken to be {width_nm:g} nm, --pixel_nm N decides")
    with tqdm(total=count_steps(FULL), desc="fitting", unit="step", leave=False, disable=None) as bar:
        result = fit_instrument(domain.images, domain.depth_index, domain.depth_nm, library, width_nm, FULL, bar.update)
    print("\n".join(describe(result)))
    write_results(result, domain.names, out)
    return result.is_good


def write_results(result: InstrumentFit, names: list[str], out: Path) -> None:
    """Writes instrument.json and instrument_fit.png, each completely or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    picture, parameters = out / "instrument_fit.png", out / "instrument.json"
    for path, write in (
        (picture, lambda unfinished: unfinished.write_bytes(draw_fit(result, names))),
        (parameters, result.instrument.to_json),
    ):
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            write(unfinished)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    print(f"written: {printable(str(parameters))}, {printable(str(picture))}")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = Parser("python -m data.fit_instrument", description=__doc__, formatter_class=RAW, allow_abbrev=False)
    parser.add_argument("images", metavar="IMAGES", help="data set, or folder of SEM images of one depth")
    parser.add_argument("--dataroot", metavar="FOLDER", help="data set whose depth maps show such holes")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write to")
    add_pixel_size(parser, "what the images state, or 2.08")
    for option in fields(DataOptions):
        if option.name in OPTIONS:
            add_option(parser, option)
    parser.add_argument("--no_data_bar", dest="data_bar", action="store_const", const=0, help="as --data_bar 0")
    args = parser.parse_args(argv)
    if args.grey_range and args.grey_range[0] >= args.grey_range[1]:
        parser.error("--grey_range: LOW must be below HIGH")
    return args


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    args = parse(argv)
    options = DataOptions(dataroot=args.images, **{name: getattr(args, name) for name in OPTIONS})
    try:
        if fit(options, args.dataroot, args.pixel_nm, args.out):
            return 0
        print(f"data.fit_instrument: {NOT_GOOD}", file=sys.stderr)
        return 1
    except DataError as error:
        print(f"data.fit_instrument: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"data.fit_instrument: {printable(str(error.filename))}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("data.fit_instrument: interrupted; nothing was written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
