"""Grey levels of values of more than 8 bits: the user says which values are black and white."""

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, GreyRangeError

MIN_LEVELS = 1.0  # [grey level] that the values of an image span, if --grey_range is theirs
ROUNDING = 1e-3  # relative span of an image of one level
BIT_DEPTHS = (8, 10, 12, 14, 16, 24, 32)


def scale(name: object, values: NDArray, grey_range: tuple[int, ...]) -> NDArray[np.float32]:
    """Grey levels (H, W), float32 [0..255], of values; `grey_range` is those of black and white.

    Raises GreyRangeError, with the values and a range that fits, where it is missing, does not contain all values, or
    is that of other files, so that the image would have one grey level.
    """
    low, high = values.min(), values.max()
    if len(grey_range) != 2:
        negative = f" {low:g} is below zero, so black is not 0." if values.dtype.kind == "i" and low < 0 else ""
        raise GreyRangeError(
            f"{name}: {values.dtype.name} pixels of values {low:g}..{high:g};{negative} use --grey_range LOW,HIGH "
            f"(the values of black and white): {suggest(values)}"
        )
    black, white = grey_range
    if black >= white:
        raise DataError(f"--grey_range {black},{white}: LOW must be below HIGH")
    if low < black or high > white:
        raise GreyRangeError(
            f"{name}: values {low:g}..{high:g} lie outside --grey_range {black},{white}; {suggest(values)}"
        )
    span, largest = float(high) - float(low), max(abs(float(low)), abs(float(high)))
    if ROUNDING * largest < span < MIN_LEVELS * (white - black) / 255:
        raise GreyRangeError(
            f"{name}: {values.dtype.name} pixels of values {low:g}..{high:g} are less than one grey level of "
            f"--grey_range {black},{white}; {suggest(values)}; test files of different values separately"
        )
    return ((values.astype(np.float64) - black) * (255.0 / (white - black))).astype(np.float32)


def suggest(values: NDArray) -> str:
    """The --grey_range that fits the values (H, W), with its reason, for a message: nothing is decided by it."""
    low, high = values.min(), values.max()
    if values.dtype.kind == "f":
        ends = (0, 1) if low >= 0 and high <= 1 else (int(np.floor(low)), int(np.ceil(high)))
        return f"{ends[0]},{max(ends[1], ends[0] + 1)} fits"
    if low < 0:
        bits = next(n for n in (*BIT_DEPTHS, 64) if low >= -(1 << (n - 1)) and high < 1 << (n - 1))
        return f"{-(1 << (bits - 1))},{(1 << (bits - 1)) - 1} fits (signed, {bits} bits)"
    bits = next(n for n in (*BIT_DEPTHS, 64) if high < 1 << n)
    if values.dtype.itemsize == 2 and bits > 12:  # 12 bits may stand at either end of 16
        for step in (256, 16):
            if not (values % step).any():
                return f"0,{65536 - step} fits (multiples of {step}: {16 - step.bit_length() + 1} bits, to the left)"
    return f"0,{(1 << bits) - 1} fits ({bits} bits)"
