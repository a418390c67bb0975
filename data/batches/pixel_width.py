"""The pixel width of a set of images is the one that most usable images state; an image of another one is refused."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..dataset_layout import ImageFile, even_subset
from ..errors import DataError, counted
from ..header import ImageHeader, read_header, square_pixel_nm

MAX_HEADERS = 1000  # that are asked, spread evenly; one takes a millisecond
TOLERANCE = 1e-3  # relative difference of widths that are one


@dataclass(frozen=True)
class PixelWidth:
    """A width [nm], 0 where no usable image states one, and how many of the images that were asked state it."""

    nm: float = 0.0
    n_stating: int = 0
    n_asked: int = 0

    def __str__(self) -> str:
        return f"{self.nm:g} nm, stated by {self.n_stating:,} of {counted(self.n_asked, 'image')}"


def common_width(files: Sequence[ImageFile], is_usable: Callable[[ImageFile], bool]) -> PixelWidth:
    """The width that most usable images state; raises DataError with a table where two are equally frequent."""
    asked = even_subset(files, MAX_HEADERS)
    groups: dict[float, list[ImageFile]] = {}
    for file in asked:
        with suppress(DataError):
            if width := square_pixel_nm(file.name, read_header(file.name)):
                near = next((other for other in groups if _are_equal(other, width)), width)
                groups.setdefault(near, []).append(file)
    if len(groups) == 1:  # which of them are usable does not matter, if one is
        ((nm, stating),) = groups.items()
        return PixelWidth(nm, len(stating), len(asked)) if any(map(is_usable, stating)) else PixelWidth()
    usable = {nm: [file for file in stating if is_usable(file)] for nm, stating in groups.items()}
    ranked = sorted(((nm, stating) for nm, stating in usable.items() if stating), key=lambda item: -len(item[1]))
    if len(ranked) > 1 and len(ranked[0][1]) == len(ranked[1][1]):
        table = (f"{nm:g} nm: {counted(len(stating), 'image')}, such as {stating[0].name}" for nm, stating in ranked)
        raise DataError("two pixel sizes are equally frequent; use --pixel_nm N, or a folder for each:", *table)
    return PixelWidth(ranked[0][0], len(ranked[0][1]), len(asked)) if ranked else PixelWidth()


def check_width(name: str, header: ImageHeader, expected_nm: float) -> None:
    """Raises DataError if an image states another width than `expected_nm` [nm], or none; 0: it may state none."""
    actual_nm = square_pixel_nm(name, header) or 0.0
    if _are_equal(actual_nm, expected_nm):
        return
    option = f"--pixel_nm {actual_nm or expected_nm:g} if it is that of all"
    if actual_nm and expected_nm:
        text, option = f"pixel size {actual_nm:g} nm; the commonest: {expected_nm:g} nm", "--pixel_nm"
    elif actual_nm:
        text = f"pixel size {actual_nm:g} nm; other images: none"
    else:
        text = f"states no pixel size; other images: {expected_nm:g} nm"
    raise DataError(f"{name}: {text}; use a folder of its own, or use {option}")


def only_width(files: Sequence[ImageFile]) -> float:
    """The width [nm] of images that must all have the same, 0 if none states one; raises DataError with the others."""
    width, others = common_width(files, lambda _: True), []
    for file in files:
        try:
            check_width(file.name, read_header(file.name), width.nm)
        except DataError as error:
            others.append(str(error))
    if others:
        count = f"{len(others)} of {counted(len(files), 'image')}"
        raise DataError(f"{count} without the commonest pixel size:", *others)
    return width.nm


def width_of_domains(real: Sequence[ImageFile], simulated: Sequence[ImageFile]) -> float:
    """The width [nm] that all real images state, 0 if none states one; simulated images may state none.

    Raises DataError, in one line, where the images of a domain do not all state one width, or the domains' differ.
    """
    widths = []
    for domain, files in (("real", real), ("simulated", simulated)):
        try:
            widths.append(only_width(files))
        except DataError:
            raise DataError(f"{domain} images do not all state one pixel size") from None
    real_nm, simulated_nm = widths
    if simulated_nm and not _are_equal(real_nm, simulated_nm):
        real_text = f"{real_nm:g} nm" if real_nm else "none"
        raise DataError(f"simulated images state a pixel size of {simulated_nm:g} nm, real ones {real_text}")
    return real_nm


def _are_equal(first_nm: float, second_nm: float) -> bool:
    return math.isclose(first_nm, second_nm, rel_tol=TOLERANCE)
