"""A sheet of thumbnails: one row for each class of each folder, and one row of suspicious images."""

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
MAX_LETTERS = 32  # of a title's line
PAPER, INK = 225, 0  # [grey level]; paper is grey, so that white images have an edge
Row = tuple[str, list[str]]  # title, names of the files


def draw(rows: Iterable[Row], grey_range: tuple[float, ...]) -> bytes:
    """PNG of the first images of each row [grey level 0..255]; small images are enlarged pixel by pixel."""
    thumbnails = [(title, [_thumbnail(Path(name), grey_range) for name in names[:COLUMNS]]) for title, names in rows]
    n_columns = max(len(images) for _, images in thumbnails)
    sheet = Image.new("L", (LABEL + n_columns * (SIDE + GAP), GAP + len(thumbnails) * (SIDE + GAP)), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    for row, (title, images) in enumerate(thumbnails):
        top = GAP + row * (SIDE + GAP)
        lines = [_to_ascii(line) for line in title.split("\n")]
        pen.multiline_text((GAP, top + SIDE // 3), "\n".join(lines), INK, font)
        for column, image in enumerate(images):
            left = LABEL + column * (SIDE + GAP) + (SIDE - image.width) // 2
            sheet.paste(image, (left, top + (SIDE - image.height) // 2))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _thumbnail(path: Path, grey_range: tuple[float, ...]) -> Image.Image:
    try:
        image = Image.fromarray(np.rint(read_grey(path, grey_range)).astype(np.uint8))
    except DataError:  # the file changed after it was measured
        return Image.new("L", (SIDE, SIDE), INK)
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)


def _to_ascii(line: str) -> str:
    text = printable(line).encode("ascii", "backslashreplace").decode()  # the font has no other letters
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 3]}..."
