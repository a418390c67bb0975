"""`python -m util.metrology RUN --budget [FILE.yaml]`: budget.csv, the page, and 95 % intervals that hold."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.util.metrology.tables import wafer, write
from util.budget import make_budgets
from util.metrology import RunStatistics, hole_table, measure_holes
from util.metrology.__main__ import main
from util.results.results_writer import WRITTEN

ROOT = Path(__file__).parents[3]
NAMES = (
    "image",
    "site",
    "depth_mean_nm",
    "depth_mean_u90_nm",
    "depth_median_nm",
    "cd_half_nm",
    "cd_half_u90_nm",
    "swa_left_deg",
)
LINES = ["network", "place", "level", "pixel width", "nm per grey", "edge", "repeatability", "bias", "combined"]

MEASURES = ["depth_mean_nm", "depth_median_nm", "cd_top_nm", "cd_half_x_nm", "cd_half_nm", "cd_bottom_nm", "volume_nm3"]


@pytest.fixture
def run(tmp_path):
    rows = [(f"h{n}", "", 100 + n % 3, 1.645 * (1 + n % 2), 101, 80 + n % 2, 0.8, 84) for n in range(12)]
    write(tmp_path / "holes.csv", rows, NAMES)
    return tmp_path


def rows_of(folder, measure):
    with (folder / "budget.csv").open() as file:
        return {row["line"]: row for row in csv.DictReader(file) if row["measure"] == measure}


def number(row, name):
    return float(row[name])


def test_the_budgets_of_holes_csv_alone(run, capsys):
    assert main([str(run), "--budget"]) == 0
    rows = rows_of(run, "depth_mean_nm")
    assert list(rows) == LINES
    assert all(f"`{name}`" in (ROOT / "docs/outputs.md").read_text() for name in rows["network"])
    sigma = math.sqrt((1 + 4) / 2)  # the root mean square of U90 / 1.645
    assert number(rows["network"], "standard_uncertainty") == pytest.approx(sigma, rel=1e-3)
    assert (rows["network"]["type"], rows["network"]["distribution"]) == ("B", "normal")
    assert number(rows["network"], "degrees_of_freedom") == math.inf and number(rows["network"], "share") == 1
    assert number(rows["combined"], "expanded") == pytest.approx(1.96 * sigma, rel=1e-3)
    assert number(rows["combined"], "coverage_factor") == pytest.approx(1.96, abs=1e-3)
    assert rows["combined"]["left_out"] == "level, nm per grey, repeatability, bias"
    assert [rows[line]["source"] for line in ("level", "edge")] == ["not stated", "no influence"]
    assert rows_of(run, "swa_left_deg")["combined"]["expanded"] == ""
    printed = " ".join(capsys.readouterr().out.split())
    assert "depth_mean_nm 101 ± 3.1 (k = 1.96, Welch-Satterthwaite); left out, because not stated: level, " in printed
    assert "swa_left_deg nothing is stated; left out" in printed


def test_a_file_states_the_instrument_and_the_page_shows_the_shares(run, tmp_path):
    file = tmp_path / "tool.yaml"
    file.write_text("pixel_width_relative: {value: 0.02, distribution: rectangular}\nedge_nm: {value: 0.1}\n")
    assert main([str(run), "--budget", str(file)]) == 0
    rows = rows_of(run, "cd_half_nm")
    parts = {"network": 0.8 / 1.645, "pixel width": 80.5 * 0.02 / 3**0.5, "edge": 0.2}
    total = math.hypot(*parts.values())
    assert number(rows["combined"], "standard_uncertainty") == pytest.approx(total, rel=1e-3)
    for line, part in parts.items():
        assert number(rows[line], "contribution") == pytest.approx(part, rel=1e-3)
        assert number(rows[line], "share") == pytest.approx((part / total) ** 2, rel=1e-3)
    assert (rows["edge"]["source"], rows["combined"]["left_out"]) == ("tool.yaml", "repeatability, bias")
    page = (run / "metrology.html").read_text()
    assert "Uncertainty budget" in page and ">pixel width</text>" in page and 'href="budget.csv"' in page
    before = (run / "budget.csv").read_bytes()
    assert main([str(run), "--budget", str(file)]) == 0
    assert (run / "budget.csv").read_bytes() == before, "the same draws each time"


def test_budgets_go_with_the_options_and_the_results_that_made_them(run):
    assert main([str(run), "--budget"]) == 0
    assert main([str(run)]) == 0
    assert not (run / "budget.csv").exists() and "Uncertainty budget" not in (run / "metrology.html").read_text()
    assert "budget.csv" in WRITTEN, "a new test removes it"


def test_a_bad_file_ends_with_one_line_and_nothing_is_written(run, capsys):
    (run / "tool.yaml").write_text("edges: {value: 1}\n")
    assert main([str(run), "--budget", str(run / "tool.yaml")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "'edges' is no key" in error
    assert not (run / "metrology.html").exists() and not (run / "budget.csv").exists()
    (run / "metrics.json").write_text("{")
    assert main([str(run), "--budget"]) == 2 and "metrics.json: cannot be read" in capsys.readouterr().err


def test_scale_level_and_ground_truth_of_the_test(run):
    errors = {"depth_mean_nm": {"n": 25, "bias": 0.5, "three_sigma": 1.5, "coverage": None}}
    scale = {"nm_per_grey": 2.0, "nm_per_grey_standard_error": 0.02, "reference_images": 4}
    (run / "metrics.json").write_text(json.dumps({"measurement_errors": errors, **scale}))
    (run / "background_levels.csv").write_text("image,background_level,p_140,p_150\nh0,140,0.5,0.5\nh1,150,0,1\n")
    assert main([str(run), "--budget"]) == 0
    rows = rows_of(run, "depth_mean_nm")
    level = 2 * math.sqrt(25 / 2)  # of one image +-5 grey levels
    assert number(rows["level"], "standard_uncertainty") == pytest.approx(level, rel=1e-3)
    assert number(rows["network"], "standard_uncertainty") == 0, "the level explains more than all of the spread"
    assert number(rows["nm per grey"], "contribution") == pytest.approx(101 * 0.01, rel=1e-3)
    assert (rows["nm per grey"]["type"], number(rows["nm per grey"], "degrees_of_freedom")) == ("A", 3)
    assert number(rows["bias"], "standard_uncertainty") == pytest.approx(0.5 / 5)
    assert (number(rows["combined"], "correction"), rows["combined"]["left_out"]) == (-0.5, "repeatability")
    assert rows_of(run, "cd_half_nm")["network"]["source"] == "U90 of holes.csv"
    (run / "background_levels.csv").write_text("image,background_level,p_140,p_x\nh0,140,0.5,0.5\n")
    assert main([str(run), "--budget"]) == 2


def test_repeats_and_a_reference(tmp_path):
    depths = wafer(tmp_path / "holes.csv", noise=1.0, u90=5.0)
    (tmp_path / "reference.csv").write_text(
        "0,1\n" + "".join(f"{site},{depth - 3}\n" for site, depth in depths.items())
    )
    assert main([str(tmp_path), "--reference", str(tmp_path / "reference.csv"), "--budget"]) == 0
    rows = rows_of(tmp_path, "depth_mean_nm")
    assert number(rows["repeatability"], "standard_uncertainty") == pytest.approx(1.0, rel=0.05)
    assert (rows["repeatability"]["type"], number(rows["repeatability"], "degrees_of_freedom")) == ("A", 1199)
    spread = math.hypot(number(rows["network"], "contribution"), number(rows["repeatability"], "contribution"))
    assert spread == pytest.approx(5 / 1.6449, rel=1e-3), "U90 contains the noise of repeats"
    assert number(rows["bias"], "degrees_of_freedom") == 59
    assert number(rows["combined"], "correction") == pytest.approx(-3, abs=0.1)
    assert number(rows_of(tmp_path, "cd_half_nm")["combined"], "correction") == 0


def test_a_validation_of_another_scale_is_refused(run, capsys):
    (run / "known").mkdir()
    errors = {"cd_half_nm": {"n": 9, "bias": 0.0, "three_sigma": 3.0}}
    (run / "tool.yaml").write_text("validation: known\n")
    for pixel_nm, status in ((2.0, 0), (1.0, 2)):
        (run / "known/metrics.json").write_text(json.dumps({"measurement_errors": errors, "pixel_nm": pixel_nm}))
        (run / "metrics.json").write_text(json.dumps({"pixel_nm": 2.0}))
        assert main([str(run), "--budget", str(run / "tool.yaml")]) == status
    assert "the validation has pixel_nm 1, these results have 2" in capsys.readouterr().err
    assert rows_of(run, "cd_half_nm")["network"]["source"] == "errors against ground truth of the validation"


def holes(rng, count, noise=1.0):
    """True depths (N, H, W) of round holes, and the same with smooth errors of `noise` [nm]."""
    from scipy.ndimage import gaussian_filter

    y, x = np.mgrid[:48, :72]
    radius, depth, left = (rng.uniform(*ends, (count, 1, 1)) for ends in ((15, 18), (105, 125), (34, 38)))
    true = depth * np.clip((radius - np.hypot(x - left, y - 24)) / 5, 0, 1)
    errors = gaussian_filter(rng.standard_normal(true.shape), (0, 2, 2))
    return true, true + noise * errors / errors.std() * (true > 0)


@pytest.mark.slow
def test_95_percent_intervals_hold_for_holes_of_known_truth(tmp_path):
    """Holes of noisy maps, measured by instruments of wrong scales: 93 to 97 % of the truths lie within U."""
    rng, stated = np.random.default_rng(5), {}
    true, noisy = holes(rng, 1000)
    truth, predicted = (measure_holes(depth, 2.0) for depth in (true, noisy))
    for name in MEASURES:
        error = predicted[name] - truth[name]
        stated[name] = {"n": 1000, "bias": error.mean(), "three_sigma": 3 * error.std(ddof=1)}
    (tmp_path / "metrics.json").write_text(json.dumps({"measurement_errors": stated, "pixel_nm": 2.0}))
    (tmp_path / "tool.yaml").write_text(
        "validation: .\nnm_per_grey_relative: {value: 0.005}\n"
        "pixel_width_relative: {value: 0.01, distribution: rectangular}\n"
    )
    true, noisy = holes(rng, 2000)
    truth, parts = measure_holes(true, 2.0), []
    for depth in np.split(noisy, 200):
        parts.append(measure_holes(depth * rng.normal(1, 0.005), 2 * rng.uniform(0.99, 1.01)))
    index, measured = np.arange(2000), {name: np.concatenate([part[name] for part in parts]) for name in MEASURES}
    table = hole_table.HoleTable([str(n) for n in index], [""], 0 * index, index, 0 * index, measured, {})
    (tmp_path / "run").mkdir()
    budgets = make_budgets(tmp_path / "run", RunStatistics.from_table(table), str(tmp_path / "tool.yaml"))
    errors = {each.name: measured[each.name] + each.correction - truth[each.name] for each in budgets}
    held = {each.name: np.mean(np.abs(errors[each.name]) <= each.expanded) for each in budgets}
    assert list(held) == MEASURES
    assert {name: part for name, part in held.items() if not 0.93 <= part <= 0.97} == {}
