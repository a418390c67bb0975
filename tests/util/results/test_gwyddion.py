"""Gwyddion files, read back by a reader of their definition, by the library of others, and by the program itself."""

import shutil
import struct
import subprocess

import numpy as np
import pytest

from util.errors import UtilError
from util.results.export_formats import to_gwyddion
from util.results.gwyddion import Channel, gwyddion
from util.results.image_result import ImageResult

RNG = np.random.default_rng(0)
NUMBERS = {"b": "<?", "c": "<c", "i": "<i", "q": "<q", "d": "<d"}


def text(content, at):
    end = content.index(b"\0", at)
    return content[at:end].decode(), end + 1


def serialised(content, at):
    """An object from `at` on as {name: value} with its kind under "", and where it ends."""
    kind, at = text(content, at)
    size, found = struct.unpack_from("<I", content, at)[0], {"": kind}
    at += 4
    end = at + size
    while at < end:
        name, at = text(content, at)
        letter, at = chr(content[at]), at + 1
        if letter == "o":
            found[name], at = serialised(content, at)
        elif letter == "s":
            found[name], at = text(content, at)
        elif letter == "D":
            count = struct.unpack_from("<I", content, at)[0]
            found[name], at = np.frombuffer(content, "<f8", count, at + 4), at + 4 + 8 * count
        else:
            found[name] = struct.unpack_from(NUMBERS[letter], content, at)[0]
            at += struct.calcsize(NUMBERS[letter])
    assert at == end, "parts fill their object exactly"
    return found, at


def read(content):
    assert content[:4] == b"GWYP"
    found, end = serialised(content, 4)
    assert end == len(content) and found[""] == "GwyContainer"
    return found


def result():
    level, shape = 140, (7, 5)
    depth = RNG.uniform(30, level, shape)
    return ImageResult(
        "h\u00f6le", RNG.integers(0, 256, shape).astype(np.uint8), depth, level=level, depth_u90=depth / 10
    )


def test_height_interval_and_image_have_their_values_sizes_and_units():
    one = result()
    found = read(to_gwyddion(one, 2.0, 2.08))
    expected = [
        ("Height", (one.raw_depth - 140) * 2e-9, "m"),
        ("Expanded uncertainty U90", one.depth_u90 * 2e-9, "m"),
        ("SEM image", one.input, ""),
    ]
    for number, (title, values, unit) in enumerate(expected):
        field = found[f"/{number}/data"]
        assert (field[""], field["xres"], field["yres"]) == ("GwyDataField", 5, 7)
        assert (field["xreal"], field["yreal"]) == pytest.approx((5 * 2.08e-9, 7 * 2.08e-9), rel=1e-12)
        assert field["si_unit_xy"] == {"": "GwySIUnit", "unitstr": "m"}
        assert field["si_unit_z"] == {"": "GwySIUnit", "unitstr": unit}
        assert field["data"].reshape(7, 5) == pytest.approx(values, rel=1e-12, abs=0)
        assert found[f"/{number}/data/title"] == title and found[f"/{number}/data/visible"] is True
        assert found[f"/{number}/meta"]["Image"] == "h\u00f6le"
    assert (found["/0/data"]["data"] <= 0).all(), "what lies below the top surface is negative"
    assert "/3/data" not in found


def test_lengths_are_in_pixels_while_the_pixel_is_unknown():
    field = read(gwyddion([Channel("x", np.zeros((7, 5)), "m")]))["/0/data"]
    assert (field["xreal"], field["yreal"], field["si_unit_xy"]["unitstr"]) == (5, 7, "px")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_the_format_excludes_is_refused(value):
    with pytest.raises(UtilError, match="Height: a value is not finite"):
        gwyddion([Channel("Height", np.full((2, 2), value), "m")])


def test_an_image_of_a_thousand_pixels_a_side_is_its_values_and_little_more():
    values = RNG.normal(size=(1024, 1024))
    content = gwyddion([Channel("Height", values, "m")], 1.0)
    assert values.nbytes < len(content) < values.nbytes + 1000
    assert (read(content)["/0/data"]["data"] == values.ravel()).all()


def test_the_library_of_others_reads_the_same(tmp_path):
    gwyfile = pytest.importorskip("gwyfile")
    one = result()
    (tmp_path / "one.gwy").write_bytes(to_gwyddion(one, 1.0, 2.0))
    field = gwyfile.util.get_datafields(gwyfile.load(str(tmp_path / "one.gwy")))["Height"]
    assert field.data == pytest.approx((one.raw_depth - 140) * 1e-9, rel=1e-12, abs=0)
    assert (field.xreal, field.si_unit_z.unitstr) == (pytest.approx(1e-8), "m")


@pytest.mark.skipif(shutil.which("gwyddion") is None, reason="Gwyddion is not installed")
def test_the_program_itself_knows_and_loads_it(tmp_path):
    path = tmp_path / "one.gwy"
    path.write_bytes(to_gwyddion(result(), 1.0, 2.0))

    def run(flag):
        return subprocess.run(["gwyddion", flag, path], capture_output=True, text=True, timeout=60)

    identified = run("--identify")
    assert identified.returncode == 0 and "Gwyddion native" in identified.stdout, identified
    assert str(path) not in run("--check").stderr, "it names what it cannot load"
    path.write_bytes(path.read_bytes()[:-99])
    assert str(path) in run("--check").stderr
