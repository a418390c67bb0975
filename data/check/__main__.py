"""Checks a data set before a training: python -m data.check ./sem

Prints counts, sizes, grey levels, pairs, duplicates, damaged and suspicious images, and which trainings can start;
writes a sheet of thumbnails. Exit status: 0 a training can start, or all that is there are test images, and test.py
takes all of them; 1 not so, 2 wrong usage or no data. Of the ground truth of the test images only the number is shown,
and whether it can be used.
"""

import os
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from ..command_line import RAW, Parser, add_option, add_pixel_size
from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import DataError, printable
from ..io import file_of
from . import thumbnails
from .check_report import Report
from .folder_statistics import FolderStatistics, measure_folders
from .image_info import duplicate_files
from .inventory import TRUTH, Inventory
from .training_plan import SAME_SIZE, Plan, add_blockers, make_plans

MAX_IMAGES = 10_000  # of a folder that are read
OPTIONS = (
    "max_dataset_size",
    "preprocess",
    "load_size",
    "crop_size",
    "grey_range",
    "data_bar",
    "signal",
    "on_bad_image",
)
SHEET = "data_check.png"


def check(options: DataOptions, read_all: bool, sheet: Path | None, pixel_nm: float) -> int:
    """Prints the report about the data set of `options` and writes the sheet, None is into a temporary folder; returns
    the exit status. `pixel_nm` [nm] is that of all test images, 0 if it is not given."""
    inventory = Inventory(DatasetLayout(options.dataroot, options.signal))
    if sheet:
        refuse_sheet_among_images(sheet, inventory)
    plans = make_plans(inventory, options)
    image_sets = list(inventory.image_sets.values())
    subsets = [select_images(images.files, images.role, plans, options, read_all) for images in image_sets]
    sheet = sheet or Path(tempfile.mkdtemp(prefix="semdepth_check_"), SHEET)
    pictures = sheet.with_name(f"{sheet.stem}_annotation")
    statistics = measure_folders(image_sets, subsets, options, inventory.layout.plain, pictures)
    for kind, plan in plans.items():
        add_blockers(plan, statistics, options, require_same_size=kind in SAME_SIZE)

    report = Report(inventory, statistics, options, pixel_nm, pictures)
    report.print_folders()
    report.print_names()
    compared = dict.fromkeys(
        file_of(file.name) for images in image_sets if images.role != TRUTH for file in images.files
    )
    report.print_duplicates(duplicate_files(compared))
    report.print_bad_images()
    sheet.parent.mkdir(parents=True, exist_ok=True)
    sheet.write_bytes(thumbnails.draw(thumbnail_rows(statistics), options.grey_range))
    print(f"thumbnails: {printable(str(sheet))}\n")
    return report.print_verdict(plans)


def select_images(
    files: list[ImageFile], role: str, plans: dict[str, Plan], options: DataOptions, read_all: bool
) -> list[ImageFile]:
    """The images of a folder that are read: all, or an even sample of those that a training would use."""
    if read_all:
        return files
    if options.max_dataset_size and any(plan.images.get(role) for plan in plans.values()):
        used = {file for plan in plans.values() for file in plan.images.get(role, ())}
        files = [file for file in files if file in used]
    return stratified_subset(files, MAX_IMAGES)


def refuse_sheet_among_images(sheet: Path, inventory: Inventory) -> None:
    """Raises DataError if the sheet would become one of the data set's images."""
    for images in inventory.image_sets.values():
        if sheet.resolve().is_relative_to((inventory.layout.root / images.name).resolve()):
            raise DataError(f"--sheet {sheet}: would be among the images that are checked; use another path")


def thumbnail_rows(statistics: dict[str, FolderStatistics]) -> list[thumbnails.Row]:
    """The rows of the sheet: images spread evenly over each class, then suspicious ones."""
    rows, suspicious = [], []
    for role, folder in statistics.items():
        if role == TRUTH:
            continue
        usable, images = folder.usable(), folder.image_set
        for class_folder in sorted(images.classes()):
            files = [file for file in images.files if file.class_folder == class_folder and file.name in usable]
            title = f"{images.name}\n{class_folder}".strip()
            rows.append((title, [file.name for file in stratified_subset(files, thumbnails.COLUMNS)]))
        suspicious += list(folder.suspicious())
    return [*rows, ("suspicious", suspicious)] if suspicious else rows


def parse(argv: list[str] | None) -> tuple[DataOptions, bool, Path | None, float]:
    """Command line to (options, whether to read every image, path of the sheet or None, pixel size [nm] or 0)."""
    parser = Parser("python -m data.check", description=__doc__, formatter_class=RAW, allow_abbrev=False)
    parser.add_argument("dataroot", nargs="?", default=None, help="folder of the data set (./sem), or one image")
    parser.add_argument("--dataroot", dest="dataroot_option", metavar="FOLDER", help="the same")
    for option in fields(DataOptions):
        if option.name in OPTIONS:
            add_option(parser, option)
    add_pixel_size(parser, "of the test images, as with test.py; what the images state")
    parser.add_argument("--all", action="store_true", help=f"read every image, not only {MAX_IMAGES:,} per folder")
    parser.add_argument("--no_data_bar", dest="data_bar", action="store_const", const=0, help="as --data_bar 0")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="path of the thumbnails (in a temporary folder)")
    args = parser.parse_args(argv)
    if args.dataroot is not None and args.dataroot_option is not None:
        parser.error("the folder of the data set is given twice")
    if args.grey_range and args.grey_range[0] >= args.grey_range[1]:
        parser.error("--grey_range: LOW must be below HIGH")
    root = args.dataroot if args.dataroot is not None else args.dataroot_option
    options = {name: getattr(args, name) for name in OPTIONS}
    data = DataOptions(**options, **({} if root is None else {"dataroot": root}))
    return data, args.all, args.sheet, args.pixel_nm


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    try:
        return check(*parse(argv))
    except DataError as error:
        print(f"data.check: {error}", file=sys.stderr)
    except BrokenPipeError:  # the reader, such as `| head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"data.check: {printable(str(error.filename))}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("data.check: interrupted", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
