"""Reads one SEM image with what its file says about it, cuts its data bar, and fills its bad lines."""

from dataclasses import dataclass, replace

from numpy.typing import NDArray

from ..data_bar import DataBar, ends_in_image, find_data_bar
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
    is_bar_unseen: bool = False  # the header states rows of data bar that look like the image above them

    def notes(self) -> list[str]:
        """Lines about what the grey levels are not: those of the image, bad lines, a data bar that is not seen."""
        unseen = (
            f"{self.image.name}: the header states {self.bar.rows} rows of data bar, and the picture shows none; "
            "they are cut, --no_data_bar keeps them"
        )
        bad_lines = f"{self.image.name}: {self.bad_lines}"
        return self.image.notes() + [bad_lines] * any(self.bad_lines) + [unseen] * self.is_bar_unseen

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
    """An image that was read, without its data bar; raises DataError if nothing would be left."""
    if options.data_bar >= 0:
        bar = DataBar(0, options.data_bar)
    elif header.data_bar_rows is not None or find_bar:
        bar = find_data_bar(image.levels, header.data_bar_rows)
    else:
        bar = DataBar(0, 0)
    if bar.rows >= len(image.levels):
        source = "--data_bar" if options.data_bar >= 0 else "the header's data bar of"
        raise DataError(f"{image.name}: {len(image.levels)} rows, and {source} {bar.rows} would cut them all")
    if not bar.rows:
        return SemImage(image, bar, header)
    is_unseen = options.data_bar < 0 and header.data_bar_rows is not None and ends_in_image(image.levels, bar.rows)
    annotation = None if image.annotation is None else bar.cut(image.annotation)
    cut_image = replace(image, levels=bar.cut(image.levels), annotation=annotation)
    return SemImage(cut_image, bar, header, is_bar_unseen=is_unseen)


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
