"""Reads one SEM image with what its file says about it, cuts its data bar, and fills its bad lines."""

from dataclasses import dataclass, replace

from numpy.typing import NDArray

from ..data_bar import DataBar, find_data_bar
from ..data_options import DataOptions
from ..errors import DataError
from ..header import ImageHeader, read_header
from ..io import GreyImage, read_image
from .bad_lines import NO_BAD_LINES, BadLines, repair_lines

ANY_WIDTH = 1.0  # [nm] in place of the widths that a file states


@dataclass(frozen=True)
class SemImage:
    """One SEM image without its data bar: its `image`, what was cut (`bar`), what the file says (`header`), and which
    lines were filled (`bad_lines`)."""

    image: GreyImage
    bar: DataBar
    header: ImageHeader
    bad_lines: BadLines = NO_BAD_LINES

    def notes(self) -> list[str]:
        """Lines about what the grey levels are not: those of the image, and bad lines."""
        return self.image.notes() + ([f"{self.image.name}: {self.bad_lines}"] if any(self.bad_lines) else [])

    def cut(self, other: NDArray) -> NDArray:
        """An image (H, W) of the same hole, without the bar's rows if it is as large as the uncut SEM image."""
        height, width = self.image.levels.shape
        return self.bar.cut(other) if other.shape == (height + self.bar.rows, width) else other


def read_sem_image(name: str, options: DataOptions, find_bar: bool, needs_width: bool = False) -> SemImage:
    """The SEM image `name`. With `find_bar`, a bar of which the header says nothing is looked for in the picture.

    Raises DataError for a file that cannot be used; with `needs_width`, also if it states two pixel widths.
    """
    image, header = read_image(name, options.grey_range), read_lenient_header(name, needs_width)
    return fill_bad_lines(cut_data_bar(image, header, options, find_bar))


def cut_data_bar(image: GreyImage, header: ImageHeader, options: DataOptions, find_bar: bool) -> SemImage:
    """An image that was read, without its data bar; raises DataError if --data_bar would leave nothing."""
    if options.data_bar >= 0:
        bar = DataBar(0, options.data_bar)
    elif header.data_bar_rows is not None or find_bar:
        bar = find_data_bar(image.levels, header.data_bar_rows)
    else:
        bar = DataBar(0, 0)
    if bar.rows >= len(image.levels):
        raise DataError(f"{image.name}: {len(image.levels)} rows, and --data_bar {bar.rows} would cut them all")
    if not bar.rows:
        return SemImage(image, bar, header)
    annotation = None if image.annotation is None else bar.cut(image.annotation)
    return SemImage(replace(image, levels=bar.cut(image.levels), annotation=annotation), bar, header)


def fill_bad_lines(sem: SemImage) -> SemImage:
    """The SEM image with its bad lines filled (`repair_lines`)."""
    levels, bad_lines = repair_lines(sem.image.levels)
    return replace(sem, image=replace(sem.image, levels=levels), bad_lines=bad_lines)


def read_lenient_header(name: str, needs_width: bool = False) -> ImageHeader:
    """The header of an image; without a width where the file states two and none is needed."""
    try:
        return read_header(name)
    except DataError:
        if needs_width:
            raise
    return replace(read_header(name, ANY_WIDTH), pixel_nm=None, pixel_y_nm=None, pixel_source=None)
