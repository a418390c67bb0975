"""What Gatan's and Gwyddion's own files say, and the table of all that is read."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data import images_of, read_header
from tests.data.header import micrographs as m
from tests.data.io.instrument_files import field, gatan, gwyddion, simple_field

GREY = np.zeros((24, 20), np.uint16)
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("options", [{}, {"version": 4}, {"order": ">"}])
def test_gatan_file(tmp_path, options):
    (tmp_path / "x.dm3").write_bytes(gatan([GREY], 10, **options))
    header = read_header(tmp_path / "x.dm3")
    assert (header.maker, header.pixel_nm, header.bits) == ("Gatan", 1.5, 16)


def test_each_channel_of_gwyddion_has_its_own_width(tmp_path):
    (tmp_path / "x.gwy").write_bytes(gwyddion({"/0/data": field(GREY), "/1/data": field(GREY, 5e-9)}))
    widths = [read_header(name).pixel_nm for name in images_of(str(tmp_path / "x.gwy"))]
    assert widths == pytest.approx([2, 5])


@pytest.mark.parametrize(
    ("lengths", "unit", "expected"),
    [
        (("5e-8", "6e-8"), "m", 2.5),
        (("50", "60"), "nm", 2.5),
        (("0,05", "0,06"), "µm", 2.5),
        (("", ""), "m", None),
        (("0", "0"), "m", None),
        (("20", "24"), "", None),
    ],
)
def test_simple_field(tmp_path, lengths, unit, expected):
    (tmp_path / "x.gsf").write_bytes(simple_field(GREY, lengths, unit))
    header = read_header(tmp_path / "x.gsf")
    assert header.pixel_nm == (expected and pytest.approx(expected)) and header.bits == 32


@pytest.mark.parametrize(("expected", "status"), [(2.0, 0), (2.1, 1)])
def test_the_table_of_what_is_read_names_what_differs(tmp_path, expected, status):
    m.fei(tmp_path / "x.tif")
    case = {"file": "x.tif", "kind": "FEI", "pixel_nm": expected, "databar_rows": 16}
    (tmp_path / "cases.json").write_text(json.dumps({"cases": [case]}))
    command = [sys.executable, str(ROOT / "benchmarks/instrument_table.py"), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == status
    assert "| FEI | `[Scan] PixelWidth` | yes | signal, voltage, working distance," in result.stdout
    assert ("x.tif: width" in result.stderr) == bool(status)
