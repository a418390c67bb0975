"""holes.csv holds what each image's file says about the instrument, and metrology reads it with and without."""

import csv

import numpy as np

from util.metrology import INSTRUMENT, hole_table
from util.results.image_result import ImageResult
from util.results.results_writer import ResultsWriter

SAID = {
    "pixel_source": "Fov / width",
    "maker": "JEOL",
    "signal": "=SE",
    "voltage_kv": 5.0,
    "tilt_deg": None,
    "frames": 8,
}


def test_each_row_has_its_instrument_and_empty_cells_where_nothing_is_said(tmp_path):
    with ResultsWriter(tmp_path / "r", 1.0, pixel_nm=2.0) as writer:
        for stem, said in (("a", SAID), ("b", {})):
            image = np.zeros((4, 4), np.uint8)
            writer.add([ImageResult(stem, image, measurements={"depth_mean_nm": 80.0}, instrument=said)])
        writer.write_metrics({})
    path = tmp_path / "r/holes.csv"
    with path.open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert [first[name] for name in INSTRUMENT] == ["Fov / width", "JEOL", "'=SE", "5", "", ""]
    assert [second[name] for name in INSTRUMENT] == [""] * len(INSTRUMENT)
    table = hole_table.read(path)
    assert list(table.quantities) == ["depth_mean_nm"] and table.quantities["depth_mean_nm"].tolist() == [80, 80]
