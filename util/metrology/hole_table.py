"""The measurements of many holes: reads holes.csv of test.py into columns."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from ..files import counted, read_rows, unescape_formula
from .hole_flags import LEFT_OUT, SEPARATOR, describe_flagged
from .quantity_names import FORMER_NAMES, INSTRUMENT

ToNumber = Callable[[str], float]
REPEAT = re.compile(r"(.*)_itr(\d+)", re.DOTALL)
U90 = "_u90"
AXIAL = "orientation_deg"  # an axis has no direction: -90 and 90 degrees are the same
IS_OOD = "is_ood"  # 1: the image is out of distribution
NO_QUANTITY = ("image", "site", "id", IS_OOD, "ood_score", "flags", "pixel_nm", *INSTRUMENT)


@dataclass(frozen=True)
class HoleTable:
    """N images of H holes at S sites. Images whose names end in _itr0, _itr1, ... are repeats of one hole."""

    images: list[str]
    sites: list[str]  # in the file's order; '' for holes whose site is not known
    site: NDArray[np.intp]  # (N,) index into `sites`
    hole: NDArray[np.intp]  # (N,) number of the hole, 0..H-1
    repeat: NDArray[np.intp]  # (N,) number after _itr; 0 without one
    quantities: dict[str, NDArray[np.float64]]  # (N,) each; NaN where it could not be measured
    u90: dict[str, NDArray[np.float64]]  # (N,) each: expanded uncertainty U90 of some quantities
    is_ood: NDArray[np.bool_] | None = None  # (H,) out of distribution; None if the model gives no OOD score
    flags: dict[str, NDArray[np.bool_]] = field(default_factory=dict)  # (H,) by word of LEFT_OUT
    dropped: dict[str, list[str]] = field(default_factory=dict)  # images that `drop_flagged` removed, by word
    n_dropped: int = 0  # number of the holes that it removed

    @property
    def hole_site(self) -> NDArray[np.intp]:
        """Index into `sites` of each hole (H,)."""
        return self.site[np.unique(self.hole, return_index=True)[1]]

    @property
    def is_flagged(self) -> NDArray[np.bool_]:
        """Whether statistics leave a hole (H,) out: one of the words of LEFT_OUT is said of one of its repeats."""
        return np.any([np.zeros(len(self.hole_site), dtype=bool), *self.flags.values()], axis=0)

    def drop_flagged(self) -> "HoleTable":
        """The same table without the holes that are flagged. Raises UtilError if no measured hole remains."""
        is_flagged = self.is_flagged
        if not is_flagged.any():
            return self
        first = np.unique(self.hole, return_index=True)[1]
        dropped = {word: [self.images[n] for n in first[holes]] for word, holes in self.flags.items() if holes.any()}
        keep = ~is_flagged[self.hole]
        quantities = {
            name: column for name, values in self.quantities.items() if np.isfinite(column := values[keep]).any()
        }
        if not quantities:
            count, reasons = counted(int(is_flagged.sum()), "hole"), describe_flagged(dropped)
            raise UtilError(
                f"statistics leave out {count}, so that no measured hole is left: {reasons}; --all takes all"
            )
        if AXIAL in quantities:
            quantities[AXIAL] = _wrap_axes(quantities[AXIAL])
        sites, site = _index_names([self.sites[n] for n in self.site[keep]])
        return replace(
            self,
            images=[image for image, kept in zip(self.images, keep, strict=True) if kept],
            sites=sites,
            site=site,
            hole=np.unique(self.hole[keep], return_inverse=True)[1],
            repeat=self.repeat[keep],
            quantities=quantities,
            u90={name: values[keep] for name, values in self.u90.items()},
            is_ood=None if self.is_ood is None else self.is_ood[~is_flagged],
            flags={word: holes[~is_flagged] for word, holes in self.flags.items()},
            dropped=dropped,
            n_dropped=int(is_flagged.sum()),
        )


def read(path: Path) -> HoleTable:
    """The table at `path`, also as a spreadsheet saves it: with semicolons or tabs, decimal commas. Columns of older
    files get their present names.

    Each column of numbers is a quantity, or with `_u90_` the uncertainty of one. `ood_score`, `is_ood`, `pixel_nm` and
    what is said of the instrument are no quantities. Other text is ignored. A hole is OOD, or flagged, if one of its
    repeats is.
    Orientations are turned by 180 degrees where that brings them closer to their mean axis.

    Raises UtilError if it is not such a table: no image column, an incomplete row, an image named twice, or a cell that
    is not a finite number in a column of numbers.
    """
    header, rows, to_number = _read_rows(path)
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    images = [unescape_formula(text) for text in cells["image"]]
    image_sites = [unescape_formula(text) for text in cells["site"]] if "site" in cells else [""] * len(images)
    holes, repeats = zip(*(_split_repeat(image) for image in images), strict=True)
    keys = Counter(zip(images, image_sites, strict=True))
    duplicate = next((image for (image, _), count in keys.items() if count > 1), None)
    if duplicate is not None:
        raise UtilError(f"{path}: names image {duplicate!r} twice; run test.py again")
    numbers = {
        name: values
        for name in header
        if name not in NO_QUANTITY
        if (values := _parse_numbers(path, name, cells[name], to_number))
    }
    columns = {name: np.array(values, dtype=np.float64) for name, values in numbers.items()}
    if AXIAL in columns:
        columns[AXIAL] = _wrap_axes(columns[AXIAL])
    sites, site = _index_names(image_sites)
    hole = _index_names(list(zip(image_sites, holes, strict=True)))[1]
    u90 = {name.replace(U90, ""): values for name, values in columns.items() if U90 in name}
    quantities = {name: values for name, values in columns.items() if U90 not in name}
    if not quantities:
        raise UtilError(f"{path}: holds no measurement of a hole; run test.py with a model that predicts depth")
    flags = _parse_numbers(path, IS_OOD, cells[IS_OOD], to_number) if IS_OOD in cells else None
    is_ood = None if flags is None else np.bincount(hole, np.equal(flags, 1)) > 0
    words = _flagged_holes(cells["flags"], hole) if "flags" in cells else {}
    if is_ood is not None:
        words = {"ood": is_ood} | words
    return HoleTable(images, sites, site, hole, np.array(repeats, dtype=np.intp), quantities, u90, is_ood, words)


def _flagged_holes(cells: tuple[str, ...], hole: NDArray[np.intp]) -> dict[str, NDArray[np.bool_]]:
    """By word of LEFT_OUT, of which holes (H,) it is said; no word of which nothing is."""
    words = [set(unescape_formula(cell).split(SEPARATOR)) for cell in cells]
    flagged = {word: np.bincount(hole, [word in own for own in words]) > 0 for word in LEFT_OUT}
    return {word: holes for word, holes in flagged.items() if holes.any()}


def _read_rows(path: Path) -> tuple[list[str], list[list[str]], ToNumber]:
    """The column names, former ones replaced by present ones, the rows, and what makes a number of a cell."""
    try:
        table, to_number = read_rows(path)
    except FileNotFoundError:
        raise UtilError(f"{path}: no such file; run test.py with a model that predicts depth") from None
    except (OSError, csv.Error) as error:
        raise UtilError(f"{path}: cannot be read ({error}); run test.py again") from None
    header, *rows = table or [[]]
    header = [FORMER_NAMES.get(name, name) for name in header]
    if "image" not in header or len(set(header)) < len(header):
        raise UtilError(f"{path}: not a table of holes: its first line must name the columns, one of them `image`")
    for line, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise UtilError(f"{path}: row {line} has {len(row)} cells, the first {len(header)}; run test.py again")
    if not rows:
        raise UtilError(f"{path}: holds no hole; run test.py on at least one image")
    return header, rows, to_number


def _parse_numbers(path: Path, name: str, cells: tuple[str, ...], to_number: ToNumber) -> list[float] | None:
    """The column's values, NaN for empty cells; None if it holds no number at all."""
    try:
        values = [to_number(cell or "nan") for cell in cells]
        bad = np.flatnonzero(np.isinf(values)).tolist()
    except ValueError:
        bad = [n for n, cell in enumerate(cells) if cell and not _is_number(cell, to_number)]
        if len(bad) == sum(map(bool, cells)):
            return None
    if bad:
        raise UtilError(f"{path}: row {bad[0] + 2}, column {name}: {cells[bad[0]]!r} is not a finite number")
    return values if np.isfinite(values).any() else None


def _is_number(cell: str, to_number: ToNumber) -> bool:
    try:
        return bool(np.isfinite(to_number(cell)))
    except ValueError:
        return False


def _split_repeat(image: str) -> tuple[str, int]:
    """The name of the hole that an image shows, and the number of the repeat."""
    match = REPEAT.fullmatch(image)
    return (f"{match[1]}_itr", int(match[2][:9])) if match else (image, 0)


def _index_names(names: list) -> tuple[list, NDArray[np.intp]]:
    """The different names in their order, and for each name (N,) its index in them."""
    index = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return list(index), np.array([index[name] for name in names], dtype=np.intp)


def _wrap_axes(angle: NDArray) -> NDArray[np.float64]:
    """Angles (N,) of axes [deg], within 90 of their mean axis (Mardia and Jupp, Directional Statistics, 2000)."""
    vectors = np.exp(2j * np.radians(angle[np.isfinite(angle)]))  # doubled angles: an axis repeats every 180 deg
    axis = np.degrees(np.angle(vectors.sum())) / 2
    return axis + (angle - axis + 90) % 180 - 90
