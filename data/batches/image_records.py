"""What is said at the end of a test about its images: data bars, sizes, pixel widths, tilt, and the instrument."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sized
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from ..data_bar import DataBar
from ..errors import counted
from ..header import ImageHeader
from .sem_image import SemImage

MAX_NAMES = 3  # of images that a line lists
MAX_VALUES = 5  # of one field that a summary lists
WIDTH_TOLERANCE = 0.01  # relative difference of two pixel widths that are the same
MIN_STRETCH = 0.01  # relative change of lengths along y by the tilt that is said
NOTE_KINDS = ("annotation", "JPEG", "bad lines", "data bar")  # a word of each
NOT_IN_SUMMARY = ("pixel_nm", "pixel_y_nm", "is_estimated")  # the results say the width


class ImageRecord(NamedTuple):
    """One image: its name, its size (H, W) [px] without the data bar, that bar, what its file says, and lines about
    what its grey levels are not."""

    name: str
    shape: tuple[int, int]
    bar: DataBar
    header: ImageHeader
    notes: tuple[str, ...]

    @classmethod
    def of(cls, name: str, image: SemImage) -> "ImageRecord":
        """The record of an image."""
        height, width = image.image.levels.shape
        return cls(name, (height, width), image.bar, image.header, tuple(image.notes()))


class ImageRecords:
    """The records of all images of a test, summed up.

    `given_nm` is --pixel_nm [nm], 0 where it is not given. `are_fields`: each is a field of view, of whatever size.
    At most `maximum` records are kept, the latest; 0 keeps all.
    """

    def __init__(self, given_nm: float = 0.0, are_fields: bool = False, maximum: int = 0) -> None:
        self.given_nm, self.are_fields, self.maximum = given_nm, are_fields, maximum
        self.records: dict[str, ImageRecord] = {}

    def add(self, records: Iterable[ImageRecord]) -> None:
        """Adds records; one of the same image replaces the former."""
        self.records |= {record.name: record for record in records}
        while self.maximum and len(self.records) > self.maximum:
            del self.records[next(iter(self.records))]

    def lines(self) -> list[str]:
        """One line about each thing that a reader of the results should know."""
        lines = [
            self.bar_line(),
            self.bar_conflict_line(),
            self._sizes(),
            self._widths(),
            self.estimate_line(),
            self.tilt_line(),
            *self.note_lines(),
        ]
        return [line for line in lines if line]

    def facts(self) -> dict[str, Any]:
        """What metrics.json and the page keep: `instrument`, the summary, and `notes`, the lines."""
        return {"instrument": self.summary(), "notes": self.lines()}

    def instrument(self, header: ImageHeader) -> dict[str, Any]:
        """What a file says, by field; `pixel_source` is that of the width that is used."""
        return vars(header) | ({"pixel_source": "option pixel_nm"} if self.given_nm else {})

    def summary(self) -> dict[str, Any]:
        """What the files say, by field: one value, or a list where images differ; nothing for what none says.

        A list holds the MAX_VALUES commonest ones, and `and N more`: holes.csv holds those of each image.
        """
        summary: dict[str, Any] = {}
        for field in fields(ImageHeader):
            counts = Counter(getattr(record.header, field.name) for record in self.records.values())
            values = [value for value, _ in counts.most_common() if value is not None]
            if values and field.name not in NOT_IN_SUMMARY:
                more = [f"and {len(values) - MAX_VALUES} more"] * (len(values) > MAX_VALUES)
                summary[field.name] = values[0] if len(counts) == 1 else values[:MAX_VALUES] + more
        return summary if summary.keys() - {"bits"} else {}  # files that say nothing have a bit depth, too

    def bar_line(self) -> str:
        """How many rows of data bar were cut from how many images; '' if none."""
        counts = Counter(record.bar for record in self.records.values() if record.bar.rows)
        parts = [f"{_rows(bar)} cut from {_images(count)}" for bar, count in counts.most_common(MAX_VALUES)]
        more = len(counts) - len(parts)
        rest = f", and others from {_images(sum(counts.values()) - sum(n for _, n in counts.most_common(MAX_VALUES)))}"
        advice = "; --data_bar N or --no_data_bar decides"
        return f"data bar: {', '.join(parts)}{rest * bool(more)}{advice}" if parts else ""

    def bar_conflict_line(self) -> str:
        """That --data_bar contradicts headers; '' if it does not, or is not given."""
        stated = [record for record in self.records.values() if record.header.data_bar_rows is not None]
        others = [record for record in stated if record.bar.rows != record.header.data_bar_rows]
        if not others:
            return ""
        names = _list(f"{record.name} ({record.header.data_bar_rows} rows)" for record in others)
        flag = f"--data_bar {others[0].bar.rows}" if others[0].bar.rows else "--data_bar 0 (--no_data_bar)"
        share = f"{len(others)} of the {len(stated)} with a header that states it {_differ(others)}"
        return f"{flag} is used, but {share}: {names}"

    def _sizes(self) -> str:
        counts = Counter(record.shape for record in self.records.values())
        if len(counts) < 2 or self.are_fields:
            return ""
        (common, _), *_ = counts.most_common(1)
        others = [record for record in self.records.values() if record.shape != common]
        names = _list(f"{record.name} ({record.shape[0]}x{record.shape[1]})" for record in others)
        verb = "is" if len(others) == 1 else "are"
        return (
            f"{len(others)} of {len(self.records)} images {verb} not {common[0]}x{common[1]} as the others: {names}; "
            "each is predicted in its own size"
        )

    def _widths(self) -> str:
        """That --pixel_nm contradicts the files. Without it, images of another width were skipped."""
        stated = [record for record in self.records.values() if record.header.pixel_nm]
        others = [record for record in stated if not _is_same(record, self.given_nm)] if self.given_nm else []
        if not others:
            return ""
        names = _list(f"{record.name} ({_width(record.header)})" for record in others)
        share = f"{len(others)} of the {len(stated)} that state a width {_differ(others)}"
        return f"--pixel_nm {self.given_nm:g} is used, but {share}: {names}"

    def estimate_line(self) -> str:
        """Which pixel widths follow from the magnification; '' if none."""
        names = [record.name for record in self.records.values() if record.header.is_estimated]
        if not names or self.given_nm:
            return ""
        return f"the pixel size of {_images(len(names))} is an estimate from the magnification: {_list(names)}"

    def note_lines(self) -> list[str]:
        """The first note of each kind, with the number and names of the images that have it."""
        notes: dict[str, dict[str, str]] = {}
        for record in self.records.values():
            for note in record.notes:
                kind = next((kind for kind in NOTE_KINDS if kind in note.removeprefix(record.name)), "")
                notes.setdefault(kind, {}).setdefault(record.name, note)
        return [f"{next(iter(lines.values()))} ({_name_images(lines)})" for lines in notes.values()]

    def tilt_line(self) -> str:
        """Lengths along y of a tilted specimen are foreshortened by the cosine, unless the instrument corrects them."""
        tilted = {
            record.name: record.header.tilt_deg
            for record in self.records.values()
            if record.header.tilt_deg
            and not record.header.is_tilt_corrected
            and 1 - math.cos(math.radians(record.header.tilt_deg)) > MIN_STRETCH
        }
        if not tilted:
            return ""
        largest = max(tilted.values(), key=abs)
        loss = 1 - abs(math.cos(math.radians(largest)))
        return (
            f"the stage is tilted in {_images(len(tilted))} without tilt correction, by up to {abs(largest):g} deg: "
            f"lengths across the tilt axis are up to {loss:.0%} too short: {_list(tilted)}"
        )


def _is_same(record: ImageRecord, pixel_nm: float) -> bool:
    sides = record.header.pixel_nm, record.header.pixel_y_nm
    return all(math.isclose(side, pixel_nm, rel_tol=WIDTH_TOLERANCE) for side in sides if side)


def _name_images(names: Collection[str]) -> str:
    files = f": {_list(Path(name).name for name in names)}" if len(names) > 1 else ""
    return f"{_images(len(names))}{files}"


def _differ(others: Sized) -> str:
    return "differs" if len(others) == 1 else "differ"


def _width(header: ImageHeader) -> str:
    square = math.isclose(header.pixel_nm or 0, header.pixel_y_nm or 0, rel_tol=WIDTH_TOLERANCE)
    return f"{header.pixel_nm:.6g} nm" if square else f"{header.pixel_nm:.6g} x {header.pixel_y_nm:.6g} nm"


def _rows(bar: DataBar) -> str:
    return f"{bar.rows} rows" if not bar.top else f"{bar.top} rows at the top and {bar.bottom} at the bottom"


def _images(count: int) -> str:
    return counted(count, "image")


def _list(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:MAX_NAMES]) + ", ..." * (len(names) > MAX_NAMES)
