"""Asks all makers' readers what a file says about an image, and joins the answers."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ..errors import DataError
from .image_file import ImageFile, open_image, sibling_pages
from .image_header import AmbiguousWidthError, ImageHeader, PixelSize, agreed_width, size_of
from .makers import READERS
from .resolution import read_resolution
from .sidecar import sidecars

OTHER_FIELDS = [field.name for field in fields(ImageHeader) if field.name not in PixelSize.__annotations__]
SQUARE_TOLERANCE = 0.01  # maximum relative difference of width and height


def read_header(name: str | Path, pixel_nm: float = 0) -> ImageHeader:
    """What the file, or a text beside it, says about the image `name`: FILE, or FILE::p001 for one page.

    A damaged or absent header leaves fields None. `pixel_nm`, if not 0, is the width [nm] that the user gives: it
    replaces what the file says. Without it, raises DataError where the file states two widths of equal standing that
    differ by more than 2 %.
    """
    given = PixelSize(pixel_nm=pixel_nm, pixel_y_nm=pixel_nm, pixel_source="--pixel_nm") if pixel_nm else None
    try:
        image = open_image(str(name))
        image.is_given = given is not None
    except Exception:  # a damaged file; reading its pixels reports the problem
        return ImageHeader(**(given or {}))
    try:
        readers = READERS if image.has_texts else ()
        headers = [header for reader in readers if (header := _ask(reader, image))]
        size = given or _width(image, headers)
    except AmbiguousWidthError as error:
        raise DataError(f"{name}: {error}; --pixel_nm decides") from None
    merged: dict[str, Any] = {"bits": image.bits, **size}
    for header in reversed(headers):  # the first that says something is believed
        merged |= {name: value for name in OTHER_FIELDS if (value := getattr(header, name)) is not None}
    return ImageHeader(**merged)


def pixel_nm(name: str | Path) -> float | None:
    """Width [nm] of a square pixel of an image; None if nothing states it. Raises DataError as `square_pixel_nm`."""
    return square_pixel_nm(name, read_header(name))


def square_pixel_nm(name: str | Path, header: ImageHeader) -> float | None:
    """Width [nm] of a square pixel of the image `name` whose header was read; None if nothing states it.

    Raises DataError for pixels that are not square: no single length would be right.
    """
    width, height = header.pixel_nm, header.pixel_y_nm
    if width and height and abs(width - height) > SQUARE_TOLERANCE * width:
        raise DataError(f"{name}: pixels of {width:g} x {height:g} nm; resample it to square pixels, or use --pixel_nm")
    return width


def texts_read(path: Path) -> list[str]:
    """Names of the text files beside an image file that are read as its header."""
    texts = sidecars(path)
    if not texts:  # as most images
        return []
    try:
        image = replace(open_image(str(path)), magic=b"", tiff=None, siblings=[], is_given=True)
    except Exception:  # a damaged file; reading its pixels reports the problem
        return []
    image.content, names = b"", []
    for name, text in texts.items():
        image.sidecars = {name: text}
        if any(_ask(reader, image) for reader in READERS):
            names.append(name)
    return names


def _ask(reader: Callable[[ImageFile], ImageHeader | None], image: ImageFile) -> ImageHeader | None:
    """The answer of one reader, None if the header is damaged: the others are still asked."""
    try:
        return reader(image)
    except AmbiguousWidthError:
        raise
    except Exception:  # damaged headers raise many types of errors
        return None


def _width(image: ImageFile, headers: list[ImageHeader]) -> PixelSize:
    """The stated width, else that of another page of this size, else an estimate, else the file's resolution."""
    stated = agreed_width(*(size_of(header) for header in headers if not header.is_estimated))
    if stated:
        return stated
    for page in sibling_pages(image):
        answers = [answer for reader in READERS if (answer := _ask(reader, page))]
        if size := agreed_width(*(size_of(answer) for answer in answers if not answer.is_estimated)):
            return size
    estimates = [size_of(header) for header in headers if header.is_estimated]
    resolution = _ask(read_resolution, image)
    return next((size for size in estimates if size), size_of(resolution) if resolution else PixelSize())
