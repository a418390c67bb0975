"""A sheet of thumbnails: one row a class of each domain, and one of suspicious images."""

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..errors import DataError, printable
from ..io import read_grey

COLUMNS = 12
SIDE = 96  # [px] of the square that an image is fitted into
LABEL, GAP = 200, 6  # [px] for the row's name; between images
MOST_LETTERS = 32
PAPER, INK = 225, 0  # grey, so that white images have an edge
Row = tuple[str, list[str]]  # what it shows, the names of its files


def draw(rows: Iterable[Row], grey_range: tuple[int, ...]) -> bytes:
    """PNG of the rows' first images, in their grey levels [0..255]; small ones enlarged pixel by pixel."""
    shown = [(title, [_thumbnail(Path(name), grey_range) for name in names[:COLUMNS]]) for title, names in rows]
    columns = max(len(images) for _, images in shown)
    sheet = Image.new("L", (LABEL + columns * (SIDE + GAP), GAP + len(shown) * (SIDE + GAP)), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    for row, (title, images) in enumerate(shown):
        top = GAP + row * (SIDE + GAP)
        lines = [_letters(line) for line in title.split("\n")]
        pen.multiline_text((GAP, top + SIDE // 3), "\n".join(lines), INK, font)
        for column, image in enumerate(images):
            left = LABEL + column * (SIDE + GAP) + (SIDE - image.width) // 2
            sheet.paste(image, (left, top + (SIDE - image.height) // 2))
    content = io.BytesIO()
    sheet.save(content, "PNG")
    return content.getvalue()


def _thumbnail(path: Path, grey_range: tuple[int, ...]) -> Image.Image:
    try:
        image = Image.fromarray(np.rint(read_grey(path, grey_range)).astype(np.uint8))
    except DataError:  # changed since it was measured
        return Image.new("L", (SIDE, SIDE), INK)
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)


def _letters(line: str) -> str:
    plain = printable(line).encode("ascii", "backslashreplace").decode()  # all that the font has
    return plain if len(plain) <= MOST_LETTERS else f"{plain[: MOST_LETTERS - 3]}..."
