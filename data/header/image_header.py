"""What a file says about one of its images: the record that all readers fill, and the choice of the width."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

MIN_NM, MAX_NM = 1e-3, 1e5  # of a pixel; a header beyond them was never calibrated
WIDTH_TOLERANCE = 0.02  # maximum relative difference of two statements of one width

Statement = tuple[str, float | None, float | None]  # key, width and height of a pixel [nm]


@dataclass(frozen=True)
class ImageHeader:
    """What the header of an image, or a text file beside it, says; None where nothing says it.

    `pixel_nm` and `pixel_y_nm`: width and height of a pixel [nm]. `pixel_source`: the key that says the width.
    `is_estimated`: the width follows from the magnification, so it is an estimate. `data_bar_rows`: rows at the bottom
    that are no image. `tilt_deg`: tilt of the stage; `is_tilt_corrected`: whether the instrument stretched y for it.
    """

    maker: str | None = None
    model: str | None = None
    signal: str | None = None
    pixel_nm: float | None = None
    pixel_y_nm: float | None = None
    pixel_source: str | None = None
    is_estimated: bool = False
    voltage_kv: float | None = None
    working_distance_mm: float | None = None
    tilt_deg: float | None = None
    is_tilt_corrected: bool | None = None
    dwell_us: float | None = None
    frames: int | None = None
    scan_rotation_deg: float | None = None
    date: str | None = None
    bits: int | None = None
    data_bar_rows: int | None = None


class PixelSize(TypedDict, total=False):
    """The fields of a header that the size of a pixel fills."""

    pixel_nm: float
    pixel_y_nm: float
    pixel_source: str
    is_estimated: bool


class AmbiguousWidthError(Exception):
    """Two widths of equal standing differ: the text shows both, with their keys."""


def statement(key: str, sides: Iterable[float | None]) -> Statement:
    """What `key` says about the width and the height of a pixel [nm]."""
    x_nm, y_nm = sides
    return key, x_nm, y_nm


def first_width(statements: Iterable[Statement], is_estimated: bool = False) -> PixelSize:
    """The first valid statement. A height that is missing or invalid is that of a square pixel."""
    for key, x_nm, y_nm in statements:
        if x_nm and MIN_NM <= x_nm <= MAX_NM:
            height = y_nm if y_nm and MIN_NM <= y_nm <= MAX_NM else x_nm
            return PixelSize(pixel_nm=x_nm, pixel_y_nm=height, pixel_source=key, is_estimated=is_estimated)
    return PixelSize()


def agreed_width(*sizes: PixelSize, is_given: bool = False) -> PixelSize:
    """The first size that is set. Unless the user gives the width, raises AmbiguousWidthError if a later one differs by
    more than WIDTH_TOLERANCE."""
    first, *others = [size for size in sizes if size] or [PixelSize()]
    for other in others:
        if not is_given and abs(other["pixel_nm"] - first["pixel_nm"]) > WIDTH_TOLERANCE * first["pixel_nm"]:
            first_text, other_text = (f"{size['pixel_nm']:.6g} nm ({size['pixel_source']})" for size in (first, other))
            raise AmbiguousWidthError(f"states two pixel widths, {first_text} and {other_text}")
    return first


def size_of(header: ImageHeader) -> PixelSize:
    """The size of a pixel that a header states; empty if it states none."""
    if not header.pixel_nm or not header.pixel_y_nm:
        return PixelSize()
    return PixelSize(
        pixel_nm=header.pixel_nm,
        pixel_y_nm=header.pixel_y_nm,
        pixel_source=header.pixel_source or "",
        is_estimated=header.is_estimated,
    )


def of_several_texts(headers: Iterable[ImageHeader], is_given: bool) -> ImageHeader | None:
    """The first header that states a width, else the first: an image may have several texts beside it.

    Raises AmbiguousWidthError as `agreed_width`.
    """
    candidates = list(headers)
    stated = [header for header in candidates if header.pixel_nm and not header.is_estimated]
    agreed_width(*map(size_of, stated), is_given=is_given)
    return next(iter(stated or candidates), None)


def scaled(pixel_nm: float | None, raster: float | None, width: int | None) -> float | None:
    """The width [nm] of a pixel of the file, `width` pixels across, from that of a raster of `raster` pixels across.

    Without one of the two numbers the file is taken for the raster itself.
    """
    return pixel_nm * raster / width if pixel_nm and raster and raster > 0 and width else pixel_nm


def bar_rows(rows: float | None, height: int | None) -> int | None:
    """`rows` as the rows of a data bar, None if they cannot be those of an image of `height` rows."""
    return round(rows) if rows is not None and height and 0 <= rows < height / 2 else None
