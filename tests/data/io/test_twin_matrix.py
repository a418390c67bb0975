"""The same picture in every packing of a TIFF: each file is read as exactly the levels that were put into it."""

from itertools import product

import numpy as np
import pytest
import tifffile

from data import images_of, read_grey
from tests.data.io.tiff_writer import write_packed

HEIGHT, WIDTH = 21, 35
DRAWN = ((3, 4), (10, 20), (16, 30))  # pixels that are drawn in colour, in the middle of 3 x 3 equal ones
PHOTOMETRICS = ("minisblack", "miniswhite", "palette", "falling palette", "palette overlay", "rgb", "rgb overlay")
PACKINGS = (None, "lzw", "zlib", "packbits", "zstd", "jpeg2000")
TYPES = (1, 4, 12, "u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8")
LAYOUTS = ("strips", "tiles", "planar")
CONTAINERS = ("classic", "big", "pages", "thumbnail", "pyramid")
CODES = {"miniswhite": 0, "minisblack": 1, "rgb": 2, "palette": 3}


def impossible(photometric, packing, predictor, order, layout, kind):
    """Why there is no such file, or why it is refused; '' if it must be read. docs/data.md lists these reasons."""
    if "palette" in photometric and kind not in (4, "u1"):
        return "palettes have 4 or 8 bits"
    if layout == "planar" and "rgb" not in photometric:
        return "one sample has no planes"
    if predictor and packing not in ("lzw", "zlib", "zstd"):
        return "predictors belong to LZW, deflate and zstd"
    if predictor and isinstance(kind, int):
        return "predictors need whole bytes"
    if photometric == "miniswhite" and kind in ("f2", "f4", "f8"):
        return "floating point has no value that is black if white is 0: refused"
    if packing == "jpeg2000" and kind in (1, "u4", "i4", "f2", "f4", "f8"):
        return "JPEG 2000 holds whole numbers of 4 to 16 bits"
    if packing == "jpeg2000" and kind == "i2" and order == ">":
        return "tifffile writes exchanged bytes into such a JPEG 2000, whose order is not the file's"
    return ""


def ends(kind):
    """Smallest and largest value; of floating-point numbers those of this picture."""
    if isinstance(kind, int):
        return 0, (1 << kind) - 1
    if kind[0] == "f":
        return -2, 5
    return int(np.iinfo(kind).min), int(np.iinfo(kind).max)


def picture(kind):
    """Values (H, W) of a picture, with the smallest and the largest."""
    low, high = ends(kind)
    values = np.random.default_rng(7).random((HEIGHT, WIDTH))
    values[0, 0], values[-1, -1] = 0, 1
    for row, column in DRAWN:
        values[row - 1 : row + 2, column - 1 : column + 2] = values[row, column]
    values = low + values * (high - low)
    if isinstance(kind, str) and kind[0] == "f":
        return values.astype(kind)
    return np.rint(values).astype("u2" if isinstance(kind, int) else kind)


def expected(values, kind):
    """Grey levels, and the --grey_range that they need."""
    if kind in (1, 4, "u1"):
        return (values * (255 // ends(kind)[1])).astype(np.uint8), ()
    low, high = ends(kind)
    return ((values.astype(np.float64) - low) * (255.0 / (high - low))).astype(np.float32), (low, high)


def stored(values, kind, photometric):
    """The numbers of the file, its palette (3, N) or None, and its photometric interpretation."""
    low, high = ends(kind)
    if photometric == "miniswhite":
        return (high - values.astype(np.int64) + low).astype(values.dtype), None, "miniswhite"
    if "palette" in photometric:
        count = high + 1
        ramp = (np.arange(count) * (65535 // high)).astype(np.uint16)
        colours = np.tile(ramp[::-1] if photometric == "falling palette" else ramp, (3, 1))
        values = high - values if photometric == "falling palette" else values.copy()
        if photometric == "palette overlay":
            colours[:, 9] = 0, 65535, 0
            for place in DRAWN:
                values[place] = 9
        return values, colours, "palette"
    if "rgb" in photometric:
        values = np.dstack([values] * 3)
        if photometric == "rgb overlay":
            for place in DRAWN:
                values[place] = high, low, low
        return values, None, "rgb"
    return values, None, "minisblack"


def write(path, numbers, colours, photometric, kind, packing, predictor, order, layout, container):
    """Writes the picture, as the second of several pages; tifffile would exchange the bytes of a 16-bit JPEG 2000."""
    if isinstance(kind, int) or (kind == "u2" and packing == "jpeg2000"):
        smaller = numbers[::2, ::2]
        pages = {
            "pages": [(numbers[::-1], 0, None), (numbers, 0, None), (smaller, 0, None)],
            "thumbnail": [(numbers, 0, None), (smaller, 1, None)],
            "pyramid": [(numbers, 0, smaller)],
        }.get(container, [(numbers, 0, None)])
        big = container == "big"
        bits = kind if isinstance(kind, int) else 16
        write_packed(path, pages, bits, CODES[photometric], packing, order, layout, big, colours)
        return
    how = {"photometric": photometric, "compression": packing, "predictor": predictor, "metadata": None}
    how |= {"tile": (16, 16)} if layout == "tiles" else {"rowsperstrip": 5}
    how |= {"colormap": colours} if colours is not None else {}
    how |= {"compressionargs": {"level": 0, "mct": False}} if packing == "jpeg2000" else {}
    how |= {"planarconfig": "separate" if layout == "planar" else "contig"} if photometric == "rgb" else {}

    def laid_out(image):
        return np.moveaxis(image, -1, 0) if layout == "planar" else image

    with tifffile.TiffWriter(path, bigtiff=container == "big", byteorder=order) as tiff:
        if container == "pages":
            tiff.write(laid_out(numbers[::-1]), **how)
        tiff.write(laid_out(numbers), subifds=1 if container == "pyramid" else None, **how)
        if container == "pages":
            tiff.write(laid_out(numbers[::2, ::2]), **how)
        if container in ("thumbnail", "pyramid"):
            tiff.write(laid_out(numbers[::2, ::2]), subfiletype=1, **how)


@pytest.mark.parametrize(
    ("photometric", "kind"),
    [
        (name, kind)
        for name, kind in product(PHOTOMETRICS, TYPES)
        if not impossible(name, None, False, "<", "strips", kind)
    ],
)
def test_every_packing_of_a_picture_is_read_as_the_same_levels(tmp_path, photometric, kind):
    cells = [
        cell
        for cell in product(PACKINGS, (False, True), "<>", LAYOUTS, CONTAINERS)
        if not impossible(photometric, *cell[:4], kind)
    ]
    values = picture(kind)
    if photometric == "palette overlay":
        values[values == 9] = 8  # the picture avoids the entry of the colour
    levels, grey_range = expected(values, kind)
    numbers, colours, code = stored(values, kind, photometric)
    path, wrong = tmp_path / "x.tif", []
    for cell in cells:
        write(path, numbers, colours, code, kind, *cell)
        names = images_of(str(path))
        assert len(names) == (3 if cell[-1] == "pages" else 1), cell
        grey = read_grey(names[len(names) // 2], grey_range)
        if grey.dtype != levels.dtype or not np.array_equal(grey, levels):
            wrong.append(cell)
    assert not wrong, f"{len(wrong)} of {len(cells)}: {wrong[:5]}"


def test_the_matrix_has_several_thousand_cells_of_every_kind():
    cells = product(PHOTOMETRICS, PACKINGS, (False, True), "<>", LAYOUTS, TYPES)
    read = [cell for cell in cells if not impossible(*cell)]
    assert len(read) * len(CONTAINERS) > 8000
    assert {cell[0] for cell in read} == set(PHOTOMETRICS) and {cell[1] for cell in read} == set(PACKINGS)
