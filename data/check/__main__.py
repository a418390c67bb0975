"""Says what a data set holds before anything is trained: python -m data.check ./sem

Counts, sizes, grey levels, partners, twins, damaged and suspicious files, what a training would use, and a sheet of
thumbnails. Exit status: 0 a training would start, 1 it would not, 2 usage or no data. The truth of the test images is
counted and tried, whether it can be read, and not looked at.
"""

import os
import sys
from dataclasses import fields
from pathlib import Path

from ..command_line import RAW, Parser, add_option
from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import DataError, printable
from ..io import file_of
from . import thumbnails
from .check_report import Report
from .folder_statistics import FolderStatistics, measure_folders
from .image_info import duplicate_files
from .inventory import TRUTH, Inventory
from .training_plan import Plan, add_blockers, plans

SAMPLE = 10_000  # images of a domain
OPTIONS = ("max_dataset_size", "preprocess", "load_size", "crop_size", "grey_range", "on_bad_image")
SHEET = Path("./data_check.png")


def check(options: DataOptions, everything: bool, sheet: Path) -> int:
    """Prints what there is to say about the data set of `options`, draws the sheet; returns the exit status."""
    inventory = Inventory(DatasetLayout(options.dataroot))
    refuse_inside(sheet, inventory)
    planned = plans(inventory, options)
    domains = list(inventory.domains.values())
    chosen = [wanted(domain.files, domain.role, planned, options, everything) for domain in domains]
    surveys = measure_folders(domains, chosen, options.grey_range)
    for kind, plan in planned.items():
        add_blockers(plan, surveys, options, alike=kind in ("paired", "domains"))

    report = Report(inventory, surveys, options)
    report.domains()
    report.names()
    searched = dict.fromkeys(file_of(file.name) for one in domains if one.role != TRUTH for file in one.files)
    report.contents(duplicate_files(searched))
    report.files()
    sheet.parent.mkdir(parents=True, exist_ok=True)
    sheet.write_bytes(thumbnails.draw(rows(surveys, options), options.grey_range))
    print(f"thumbnails: {printable(str(sheet))}\n")
    return report.verdict(planned)


def wanted(
    files: list[ImageFile], role: str, planned: dict[str, Plan], options: DataOptions, everything: bool
) -> list[ImageFile]:
    """The images of a domain that are read: all, or an even sample of those that a training would use."""
    if everything:
        return files
    if options.max_dataset_size and any(plan.images.get(role) for plan in planned.values()):
        used = {file for plan in planned.values() for file in plan.images.get(role, ())}
        files = [file for file in files if file in used]
    return stratified_subset(files, SAMPLE)


def refuse_inside(sheet: Path, inventory: Inventory) -> None:
    """Raises DataError if the sheet would become one of the data set's images."""
    for domain in inventory.domains.values():
        if sheet.resolve().is_relative_to((inventory.layout.root / domain.name).resolve()):
            raise DataError(f"--sheet {sheet}: would lie among the images that are checked; choose another place")


def rows(surveys: dict[str, FolderStatistics], options: DataOptions) -> list[thumbnails.Row]:
    """What the sheet shows: images spread evenly over each class, then suspicious ones."""
    shown, odd = [], []
    for role, survey in surveys.items():
        if role == TRUTH:
            continue
        usable = survey.usable()
        for label in sorted(survey.domain.classes()):
            files = [file for file in survey.domain.files if file.class_folder == label and file.name in usable]
            title = f"{survey.domain.name}\n{label}".strip()
            shown.append((title, [file.name for file in stratified_subset(files, thumbnails.COLUMNS)]))
        odd += list(survey.suspicious())
    return [*shown, ("suspicious", odd)] if odd else shown


def parse(argv: list[str] | None) -> tuple[DataOptions, bool, Path]:
    """Command line to (options, whether to read every image, place of the sheet)."""
    parser = Parser("python -m data.check", description=__doc__, formatter_class=RAW, allow_abbrev=False)
    parser.add_argument("dataroot", nargs="?", default=None, help="folder of the data set (./sem)")
    parser.add_argument("--dataroot", dest="named", metavar="FOLDER", help="the same")
    for option in fields(DataOptions):
        if option.name in OPTIONS:
            add_option(parser, option)
    parser.add_argument("--all", action="store_true", help=f"read every image, not {SAMPLE:,} of each folder at most")
    parser.add_argument("--sheet", type=Path, default=SHEET, metavar="PNG", help=f"place of the thumbnails ({SHEET})")
    given = parser.parse_args(argv)
    if given.dataroot is not None and given.named is not None:
        parser.error("the data set's folder is given twice")
    if given.grey_range and given.grey_range[0] >= given.grey_range[1]:
        parser.error("--grey_range: LOW must be below HIGH")
    root = given.dataroot if given.dataroot is not None else given.named
    options = {name: getattr(given, name) for name in OPTIONS}
    return DataOptions(**options, **({} if root is None else {"dataroot": root})), given.all, given.sheet


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    try:
        return check(*parse(argv))
    except DataError as error:
        print(f"data.check: {error}", file=sys.stderr)
    except BrokenPipeError:  # `| head` has seen enough
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
