"""Grey levels of values of more than 8 bits: the user says which values are black and white."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, GreyRangeError

MIN_LEVELS = 1.0  # [grey level] that the values of an image span, if --grey_range is theirs
ROUNDING = 1e-3  # relative span of an image of one level
DIGITS = 6  # of a proposed value that is not whole
ENDS = "the smallest and largest value"
CORRESPOND = "the training images need the black and white that correspond"


def scale(name: object, values: NDArray, grey_range: tuple[float, ...]) -> NDArray[np.float32]:
    """Grey levels (H, W), float32 [0..255], of values; `grey_range` is those of black and white.

    Raises GreyRangeError, with the values and a proposal, where it is missing, does not contain all values, or is that
    of other files, so that the image would have one grey level.
    """
    low, high = values.min(), values.max()
    stated, proposal = f"{values.dtype.name} pixels of values {low:g}..{high:g}", propose(low, high)
    hint = f"{proposal}, {ENDS} of this image (`python -m data.check` shows those of all); {CORRESPOND}"
    if len(grey_range) != 2:
        negative = f" {low:g} is below zero, so black is not 0." if values.dtype.kind == "i" and low < 0 else ""
        raise GreyRangeError(
            f"{name}: {stated};{negative} use --grey_range LOW,HIGH (the values of black and white), such as {hint}"
        )
    black, white = grey_range
    text = range_text(grey_range)
    if black >= white:
        raise DataError(f"--grey_range {text}: LOW must be below HIGH")
    if low < black or high > white:
        raise GreyRangeError(f"{name}: values {low:g}..{high:g} lie outside --grey_range {text}; use {hint}")
    span, largest = float(high) - float(low), max(abs(float(low)), abs(float(high)))
    if ROUNDING * largest < span < MIN_LEVELS * (white - black) / 255:
        raise GreyRangeError(
            f"{name}: {stated} are less than one grey level of --grey_range {text}; use {hint}; test files of "
            "different values separately"
        )
    return ((values.astype(np.float64) - black) * (255.0 / (white - black))).astype(np.float32)


def propose(low: float, high: float) -> str:
    """The flag with the smallest and largest value of images, for a message: nothing is decided by it."""
    ends = _outwards(low, ROUND_FLOOR), _outwards(high if high > low else low + 1, ROUND_CEILING)
    return f"--grey_range{'=' if low < 0 else ' '}{range_text(ends)}"


def range_text(values: Iterable[float]) -> str:
    """`0,65535` or `0,0.9`."""
    return ",".join(f"{value:.10g}" for value in values)


def _outwards(value: float, rounding: str) -> float:
    """The value, in DIGITS digits where it is not whole; a range of such values contains it."""
    number = float(value)
    return number if number.is_integer() else float(Context(prec=DIGITS, rounding=rounding).create_decimal(number))
