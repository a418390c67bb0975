"""The measures of many holes as test.py wrote them: holes.csv in columns."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from ..files import unescape_formula

REPEAT = re.compile(r"(.*)_itr(\d+)", re.DOTALL)
U90 = "_u90"
AXIAL = "orientation_deg"  # an axis has no direction: -90 and 90 degrees are the same
OUTSIDE = "outside_known"  # 1: the image is outside what the model knows
NO_QUANTITY = ("image", "site", OUTSIDE, "strangeness", "pixel_nm")


@dataclass(frozen=True)
class HoleTable:
    """N images of H holes at S sites. Images whose names end in _itr0, _itr1, ... are repeats of one hole."""

    images: list[str]
    sites: list[str]  # in the file's order; '' for holes of which no site is known
    site: NDArray[np.intp]  # (N,) place in `sites`
    hole: NDArray[np.intp]  # (N,) number of the hole, 0..H-1
    repeat: NDArray[np.intp]  # (N,) number behind _itr; 0 without one
    quantities: dict[str, NDArray[np.float64]]  # (N,) each; NaN is what could not be measured
    u90: dict[str, NDArray[np.float64]]  # half the width of the 90 % interval (N,) of some of them
    is_ood: NDArray[np.bool_] | None = None  # (H,) outside what the model knows; None where it does not say
    n_dropped: int = 0  # holes outside what the model knows that were in the file

    @property
    def hole_site(self) -> NDArray[np.intp]:
        """Place in `sites` of each hole (H,)."""
        return self.site[np.unique(self.hole, return_index=True)[1]]

    def drop_ood(self) -> "HoleTable":
        """The same without the holes outside what the model knows; raises UtilError where it does not say which are,
        and where none is left."""
        if self.is_ood is None:
            raise UtilError(f"--known_only: the model does not say which holes it knows (holes.csv, {OUTSIDE})")
        keep = ~self.is_ood[self.hole]
        quantities = {name: seen for name, one in self.quantities.items() if np.isfinite(seen := one[keep]).any()}
        if not quantities:
            raise UtilError("--known_only: no hole is left that the model knows and that was measured")
        if AXIAL in quantities:
            quantities[AXIAL] = _turned(quantities[AXIAL])
        sites, site = _places([self.sites[n] for n in self.site[keep]])
        return replace(
            self,
            images=[image for image, kept in zip(self.images, keep, strict=True) if kept],
            sites=sites,
            site=site,
            hole=np.unique(self.hole[keep], return_inverse=True)[1],
            repeat=self.repeat[keep],
            quantities=quantities,
            u90={name: one[keep] for name, one in self.u90.items()},
            is_ood=self.is_ood[~self.is_ood],
            n_dropped=int(self.is_ood.sum()),
        )


def read(path: Path) -> HoleTable:
    """The table at `path`. Every column of numbers is a quantity, or the `_u90_` interval of one, but for strangeness,
    `outside_known` and the width of a pixel; other text is passed over. A hole is outside what the model knows if
    one of its repeats is. Orientations are turned by 180 degrees where that brings them nearer to their mean axis.

    Raises UtilError where it is no such table: no image column, a row cut short, an image named twice, or a cell that
    is no finite number in a column of numbers.
    """
    header, rows = _rows(path)
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    images = [unescape_formula(text) for text in cells["image"]]
    at = [unescape_formula(text) for text in cells["site"]] if "site" in cells else [""] * len(images)
    holes, repeats = zip(*(_hole(image) for image in images), strict=True)
    twin = next((image for (image, _), times in Counter(zip(images, at, strict=True)).items() if times > 1), None)
    if twin is not None:
        raise UtilError(f"{path}: names image {twin!r} twice; run test.py again")
    found = {
        name: values for name in header if name not in NO_QUANTITY if (values := _numbers(path, name, cells[name]))
    }
    columns = {name: np.array(values, dtype=np.float64) for name, values in found.items()}
    if AXIAL in columns:
        columns[AXIAL] = _turned(columns[AXIAL])
    sites, site = _places(at)
    hole = _places(list(zip(at, holes, strict=True)))[1]
    u90 = {name.replace(U90, ""): values for name, values in columns.items() if U90 in name}
    quantities = {name: values for name, values in columns.items() if U90 not in name}
    if not quantities:
        raise UtilError(f"{path}: holds no measure of a hole; run test.py with a model that predicts depth")
    flags = _numbers(path, OUTSIDE, cells[OUTSIDE]) if OUTSIDE in cells else None
    outside = None if flags is None else np.bincount(hole, np.equal(flags, 1)) > 0
    return HoleTable(images, sites, site, hole, np.array(repeats, dtype=np.intp), quantities, u90, outside)


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except FileNotFoundError:
        raise UtilError(f"{path}: no such file; run test.py with a model that predicts depth") from None
    except (OSError, csv.Error) as error:
        raise UtilError(f"{path}: cannot be read ({error}); run test.py again") from None
    if "image" not in header or len(set(header)) < len(header):
        raise UtilError(f"{path}: not a table of holes, whose first line names the columns, one of them `image`")
    for line, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise UtilError(f"{path}: row {line} has {len(row)} cells, the first {len(header)}; run test.py again")
    if not rows:
        raise UtilError(f"{path}: holds no hole; test at least one image")
    return header, rows


def _numbers(path: Path, name: str, cells: tuple[str, ...]) -> list[float] | None:
    """The column's values, NaN for empty cells; None where it holds no number at all."""
    try:
        values = [float(cell or "nan") for cell in cells]
        bad = np.flatnonzero(np.isinf(values)).tolist()
    except ValueError:
        bad = [n for n, cell in enumerate(cells) if cell and not _is_number(cell)]
        if len(bad) == sum(map(bool, cells)):
            return None
    if bad:
        raise UtilError(f"{path}: row {bad[0] + 2}, column {name}: {cells[bad[0]]!r} is no finite number")
    return values if np.isfinite(values).any() else None


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _hole(image: str) -> tuple[str, int]:
    match = REPEAT.fullmatch(image)
    return (f"{match[1]}_itr", int(match[2][:9])) if match else (image, 0)


def _places(names: list) -> tuple[list, NDArray[np.intp]]:
    place = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return list(place), np.array([place[name] for name in names], dtype=np.intp)


def _turned(angle: NDArray) -> NDArray[np.float64]:
    """Angles (N,) of axes [degree], within 90 of their mean axis (Mardia and Jupp, Directional Statistics, 2000)."""
    twice = np.exp(2j * np.radians(angle[np.isfinite(angle)]))
    axis = np.degrees(np.angle(twice.sum())) / 2
    return axis + (angle - axis + 90) % 180 - 90
