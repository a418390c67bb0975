"""Reads a table of observations: one column of values, and columns that name the levels of factors."""

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from ..files import read_rows, unescape_formula

MAX_EXPONENT = 150  # of ten: the squares of larger values are no double


@dataclass(frozen=True)
class Observations:
    """N values, and for each of them the level of every factor."""

    deviations: NDArray[np.float64]  # (N,) of the values from their mean, computed exactly and rounded once
    mean: float
    levels: dict[str, NDArray[np.intp]]  # (N,) each: 0..L-1, in the order in which the table names them


def read_observations(path: Path, value: str, factors: Sequence[str]) -> Observations:
    """The column `value` of the table at `path`, and the levels in the columns `factors`, which are text.

    Values are read as decimal numbers and subtracted as fractions, so that 1000000000000.4 keeps its last digit. Raises
    UtilError if the table lacks a column or a cell, if a value is no number, and if a factor has one level only.
    """
    rows, to_number = _read(path)
    header, *body = rows
    for name in (value, *factors):
        if header.count(name) != 1:
            problem = "no column" if name not in header else "more than one column"
            raise UtilError(f"{path}: {problem} {name!r}; its columns are {', '.join(header)}")
    column = header.index(value)
    numbers = [_parse(path, line, value, row[column], to_number) for line, row in enumerate(body, 2)]
    levels = {name: _index_levels(path, name, [row[header.index(name)] for row in body]) for name in factors}
    mean = sum(numbers, Fraction()) / len(numbers)
    return Observations(np.array([float(number - mean) for number in numbers]), float(mean), levels)


def _read(path: Path) -> tuple[list[list[str]], Callable[[str], Decimal]]:
    """The rows, each as long as the header, without blanks around the cells, and what makes a number of a cell."""
    try:
        table, to_number = read_rows(path, Decimal)
    except (OSError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UtilError(f"{path}: cannot be read ({reason}); --table is a CSV file with a header line") from None
    rows = [[cell.strip() for cell in row] for row in table]
    if len(rows) < 2:
        raise UtilError(f"{path}: holds no observation; below a header line it needs one row an observation")
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise UtilError(f"{path}: row {line} has {len(row)} cells, the header {len(rows[0])}; fix the table")
    return rows, to_number


def _parse(path: Path, line: int, name: str, cell: str, to_number: Callable[[str], Decimal]) -> Fraction:
    try:
        number = to_number(cell)
    except InvalidOperation:
        number = Decimal("nan")
    if not cell:
        raise UtilError(f"{path}: row {line}, column {name}: the cell is empty; fill it, or remove the row")
    if not number.is_finite() or (number and abs(number.adjusted()) > MAX_EXPONENT):
        raise UtilError(
            f"{path}: row {line}, column {name}: {cell!r} is not a number within 1e-{MAX_EXPONENT} to 1e{MAX_EXPONENT}"
        )
    return Fraction(number) if number else Fraction()


def _index_levels(path: Path, name: str, cells: list[str]) -> NDArray[np.intp]:
    """The level (N,) that each cell names, 0..L-1."""
    if "" in cells:
        raise UtilError(f"{path}: row {cells.index('') + 2}, column {name}: the cell is empty; name the level")
    index = {cell: n for n, cell in enumerate(Counter(map(unescape_formula, cells)))}
    if len(index) < 2:
        raise UtilError(f"{path}: column {name} has one level only, {cells[0]!r}; a factor needs at least two")
    return np.array([index[unescape_formula(cell)] for cell in cells], dtype=np.intp)
