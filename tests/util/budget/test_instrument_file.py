"""FILE.yaml of --budget: the example of the documentation, and what is refused in one line."""

import json
import math
import re
from pathlib import Path

import pytest

from util.budget.instrument_file import KEYS, read_instrument
from util.budget.measurement_model import LINES, OWN
from util.budget.uncertainty import DIVISORS, Uncertainty
from util.errors import UtilError

DOCS = Path(__file__).parents[3] / "docs/uncertainty_budget.md"
EXAMPLE = re.search(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)[1]


def read(folder, text):
    path = folder / "instrument.yaml"
    path.write_text(text)
    return read_instrument(path)


def test_the_example_of_the_documentation_states_every_line(tmp_path):
    statement = read(tmp_path, EXAMPLE)
    assert statement.get("pixel width", "cd_half_nm") == Uncertainty(0.01, "rectangular", source="instrument.yaml")
    assert statement.get("nm per grey", "depth_mean_nm") == Uncertainty(0.005, "normal", 8, "A", "instrument.yaml")
    assert statement.get("repeatability", "cd_half_nm").standard == 0.2
    assert statement.get("repeatability", "volume_nm3").standard == 1500
    assert statement.get("repeatability", "swa_left_deg") is None, "what is stated of lengths says nothing of angles"
    assert statement.get("network", "ellipticity").standard == 0.01
    assert set(EXAMPLE.split()) >= {f"{key}:" for key in KEYS}, "every key is in the example"
    assert {*statement.lines, *statement.by_measure} == set(LINES)
    assert all(f"`{name}`" in DOCS.read_text() for name in (*DIVISORS, *OWN))


def test_numbers_and_former_names_are_understood(tmp_path):
    statement = read(tmp_path, "network:\n  floor_roughness_nm: {value: 1e-3, dof: .inf}\nedge_nm: {value: 0}\n")
    assert statement.get("network", "floor_sq_nm").standard == 1e-3
    assert statement.get("edge", "cd_half_nm").standard == 0 and math.isinf(statement.get("edge", "cd_half_nm").dof)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "expected `key: {value: ...}`, such as edge_nm, not nothing"),
        ("[1, 2]", "expected `key: {value: ...}`"),
        ("edge_nm: {value", "not a YAML file"),
        ("edge_nm: {value: 1}\nedge_nm: {value: 2}", "edge_nm is written twice"),
        ("edge_nm: {value: 1, value: 2}", "value is written twice"),
        ("edge: {value: 1}", "'edge' is no key; known are pixel_width_relative, "),
        ("3: {value: 1}", "3 is no key"),
        ("edge_nm: 0.5", "edge_nm: expected {value: 0.3, distribution: normal, dof: 20}, not 0.5"),
        ("edge_nm: {}", "edge_nm: has no value"),
        ("edge_nm: {value: 1, unit: nm}", "edge_nm: 'unit' is no key; known are value, distribution, dof, type"),
        ("edge_nm: {value: much}", "edge_nm: value 'much': must be a number"),
        ("edge_nm: {value: [1]}", "edge_nm: value [1]: must be a number"),
        ("edge_nm: {value: 1" + "0" * 400 + "}", "must be a number"),
        ("edge_nm: {value: true}", "edge_nm: value nan: must be a number of at least 0"),
        ("edge_nm: {value: -1}", "edge_nm: value -1: must be a number of at least 0"),
        ("edge_nm: {value: .inf}", "edge_nm: value inf: must be a number of at least 0"),
        ("edge_nm: {value: 1, dof: 0}", "edge_nm: dof 0: must be at least 1"),
        ("edge_nm: {value: 1, dof: .nan}", "edge_nm: dof nan: must be at least 1"),
        (
            "edge_nm: {value: 1, distribution: gauss}",
            "'gauss': must be one of normal, rectangular, triangular, arcsine",
        ),
        ("edge_nm: {value: 1, distribution: [normal]}", "must be one of normal"),
        ("edge_nm: {value: 1, type: C}", "type 'C': must be A or B"),
        ("pixel_width_relative: {value: 2}", "value 2: must be a fraction of at most 0.5; 1 % is 0.01"),
        ("network: {value: 1}", "network: 'value' is no measure; known are depth_mean_nm, "),
        ("network: {depth_mean_u90_nm: {value: 1}}", "'depth_mean_u90_nm' is no measure"),
        ("network: {[a]: {value: 1}}", "network: "),
        ("validation: [a]", "validation: expected a folder of results with ground truth"),
        ("validation: nowhere", "metrics.json: cannot be read"),
        ("validation: untrue", "untrue: its images have no ground truth"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path, text, part):
    (tmp_path / "untrue").mkdir()
    (tmp_path / "untrue/metrics.json").write_text(json.dumps({"measurement_errors": {}}))
    with pytest.raises(UtilError) as error:
        read(tmp_path, text)
    assert part in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00\x81")
    for name, part in (("none.yaml", "No such file"), ("bytes.yaml", "not a YAML file"), (".", "cannot be read")):
        with pytest.raises(UtilError, match=part):
            read_instrument(tmp_path / name)
