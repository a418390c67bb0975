"""python -m util.metrology RUN --golden NAME: what it records, draws, says and refuses."""

import csv
import json
import os
import re
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from tests.browser import BrowserPage, needs_browser
from util.metrology.__main__ import main
from util.record.history_table import COLUMNS

METRICS = {
    "run": "holes",
    "model": "depth_pipeline",
    "epoch": "latest",
    "weights_sha256": "a" * 64,
    "versions": {"commit": "c0ffee"},
    "instrument": {"maker": "=evil()", "voltage_kv": 1.0},
    "options": {"snap_background": False},
    "pixel_nm": 2.0,
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results/holes/test_latest"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def folder(run, monkeypatch):
    """The same, without drawing the page, which takes a second each time."""
    monkeypatch.setattr("util.record.command.render_page", lambda *_: "")
    return run


def measure(folder, depths, day=0, **metrics):
    """Results of the golden sample: repeats of one hole, or holes (n, repeats)."""
    depths = np.atleast_2d(depths)
    rows = ["image,site,is_ood,ood_score,depth_mean_nm,cd_half_nm"]
    for h, r in np.ndindex(depths.shape):
        rows.append(f"hole_{h}_itr{r},,0,0.5,{depths[h, r]},{50 + r}")
    (folder / "holes.csv").write_text("\n".join(rows) + "\n")
    (folder / "metrics.json").write_text(json.dumps(METRICS | metrics))
    os.utime(folder / "holes.csv", (1_790_000_000 + 86400 * day,) * 2)


def series(folder, values, *options):
    """Exit statuses of measurements one after the other, a day apart; each has a value or some repeats."""
    statuses = []
    for n, value in enumerate(values):
        measure(folder, np.atleast_1d(value), day=n)
        statuses.append(main(["holes", "--golden", "A", "--quantity", "depth_mean_nm", *options]))
    return statuses


def table(name="A"):
    return list(csv.DictReader(open(f"records/{name}/record.csv")))


NORMAL = np.random.default_rng(4).normal(100, 1, 40).round(4).tolist()


def test_limits_come_from_the_baseline_and_a_shift_ends_with_status_1(folder, capsys):
    assert series(folder, [*NORMAL[:12], 100.0, 109.0], "--baseline", "12") == [0] * 13 + [1]
    rows, baseline = table(), np.array(NORMAL[:12])
    assert tuple(rows[0]) == COLUMNS and len(rows) == 14
    assert [row["baseline"] for row in rows] == ["1"] * 12 + ["0"] * 2
    sigma = np.abs(np.diff(baseline)).mean() / 1.128
    for row in rows:
        assert float(row["centre"]) == pytest.approx(baseline.mean(), abs=1e-6)
        assert float(row["upper_limit"]) == pytest.approx(baseline.mean() + 3 * sigma, rel=1e-6)
        assert float(row["lower_limit"]) == pytest.approx(baseline.mean() - 3 * sigma, rel=1e-6)
    assert "one point beyond 3 sigma" in rows[-1]["signals"] and "EWMA beyond its limits" in rows[-1]["signals"]
    out = capsys.readouterr()
    lines = out.out.splitlines()
    assert len(lines) == 14 and out.err == "", "one line each time"
    assert re.search(r"row 15: out of control: depth_mean_nm 109: one point beyond 3 sigma, .*record\.html$", lines[-1])
    assert "no limits: the baseline (12) is not complete" in lines[10] and "in control" in lines[12]
    assert main(["--golden", "A", "--quantity", "depth_mean_nm"]) == 1, "the newest measurement, judged again"
    assert main(["--golden", "A", "--verify"]) == 0


def test_repeats_give_the_chart_of_mean_and_range(folder):
    points = np.random.default_rng(1).normal(100, 1, (8, 4)).round(3)
    assert series(folder, points, "--baseline", "8")[-1] == 0
    row = table()[-1]
    ranges = np.ptp(points, axis=1)
    assert row["spread_kind"] == "range" and row["values"] == "4"
    assert float(row["upper_limit"]) == pytest.approx(points.mean() + 0.729 * ranges.mean(), abs=2e-3)
    assert float(row["spread_upper_limit"]) == pytest.approx(2.282 * ranges.mean(), abs=2e-3)


def test_the_holes_of_a_sample_are_averaged_and_their_difference_widens_no_limit(folder):
    rng = np.random.default_rng(2)
    for n in range(6):
        measure(folder, np.array([[80.0], [120.0]]) + rng.normal(0, 1, (2, 3)), day=n)
        main(["holes", "--golden", "A", "--baseline", "6"])
    row = next(row for row in table() if row["quantity"] == "depth_mean_nm")
    assert row["values"] == "3" and float(row["centre"]) == pytest.approx(100, abs=1)
    assert float(row["upper_limit"]) - float(row["lower_limit"]) < 6


def test_a_hole_that_cannot_be_measured_calls_for_action(folder, capsys):
    assert series(folder, NORMAL[:4], "--baseline", "3")[-1] == 0
    measure(folder, [[100.0], [100.0]], day=9)
    assert main(["holes", "--golden", "A"]) == 2
    assert "these results hold 2 holes, and golden sample 'A' has 1" in capsys.readouterr().err
    (folder / "holes.csv").write_text("image,depth_mean_nm,cd_half_nm\nhole_0_itr0,,50\n")
    assert main(["holes", "--golden", "A", "--quantity", "depth_mean_nm"]) == 1
    assert "depth_mean_nm was not measured in all holes" in capsys.readouterr().out


def test_results_are_recorded_once(folder, capsys):
    measure(folder, 100.0)
    assert [main(["holes", "--golden", "A"]) for _ in range(3)] == [0] * 3
    lines = capsys.readouterr().out.splitlines()
    assert "already" not in lines[0] and "these results are row 1 already" in lines[1] and len(table()) == 2
    measure(folder, 100.0, day=1)  # the same values, measured again
    assert main(["holes", "--golden", "A"]) == 0 and len(table()) == 4


def test_a_row_says_who_made_it_and_a_change_is_named(folder, capsys):
    measure(folder, 100.0)
    main(["holes", "--golden", "A"])
    measure(folder, 101.0, day=1, weights_sha256="b" * 64, instrument={"maker": "other"})
    main(["holes", "--golden", "A"])
    assert "changed since the measurement before: weights, instrument" in capsys.readouterr().out
    with closing(sqlite3.connect("records/A/record.sqlite")) as database:
        first, second = (json.loads(text) for (text,) in database.execute("SELECT content FROM record ORDER BY number"))
    assert first["weights_sha256"] == "a" * 64 and first["program"]["commit"] == "c0ffee"
    assert first["instrument"]["voltage_kv"] == 1 and first["options"] == {"pixel_nm": 2.0, "snap_background": False}
    assert first["measured"] == "2026-09-21T14:13:20.000000+00:00" and first["quantities"]["depth_mean_nm"] == [100.0]
    assert second["instrument"] == {"maker": "other"} and table()[-1]["changed"] == "weights; instrument"


def test_a_baseline_is_kept_in_the_record_until_another_is_declared(folder):
    series(folder, NORMAL[:6], "--baseline", "4")
    main(["--golden", "A", "--quantity", "depth_mean_nm"])
    assert sum(int(row["baseline"]) for row in table()) == 4
    date = table()[2]["measured"][:10]
    main(["--golden", "A", "--quantity", "depth_mean_nm", "--baseline", date])
    assert sum(int(row["baseline"]) for row in table()) == 3
    with closing(sqlite3.connect("records/A/record.sqlite")) as database:
        contents = [json.loads(text) for (text,) in database.execute("SELECT content FROM record ORDER BY number")]
    assert [row["baseline"] for row in contents if row["kind"] == "baseline"] == ["4", date]


def test_a_baseline_that_does_not_vary_gives_no_verdict(folder, capsys):
    assert series(folder, [100.0] * 3, "--baseline", "3") == [0, 0, 2]
    assert "depth_mean_nm does not vary in the baseline (3)" in capsys.readouterr().err


def test_the_weight_of_the_ewma_can_be_chosen(folder):
    series(folder, NORMAL[:5], "--baseline", "5", "--ewma_lambda", "1")
    assert all(float(row["ewma"]) == pytest.approx(float(row["mean"])) for row in table())


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["holes", "--golden", "../A"], "'../A' must be letters, digits"),
        (["holes", "--golden", ".hidden"], "must be letters"),
        (["holes", "--golden", ""], "must be letters"),
        (["holes", "--golden", "A", "--baseline", "1"], "'1' must be a number of measurements from 2 on, or a date"),
        (["holes", "--golden", "A", "--baseline", "2026-13-01"], "or a date such as 2026-11-28"[:13]),
        (["holes", "--golden", "A", "--ewma_lambda", "0"], "'0' must be a number above 0, at most 1"),
        (["holes", "--golden", "A", "--ewma_lambda", "nan"], "must be a number above 0"),
        (["holes", "--golden", "A", "--quantity", "depth"], "--quantity depth: must be one of depth_mean_nm"),
        (["nothing", "--golden", "A"], "nothing: neither a folder of results nor a run"),
        (["--golden", "B"], "records/B/record.sqlite: no such record"),
        (["--golden", "B", "--verify"], "records/B/record.sqlite: no such record"),
        (["--verify"], "--golden"),
        (["holes", "--golden", "A", "--record", "holes.csv/x"], "holes.csv"),
        (["holes", "--golden", "A", "--record", "."], "."),
        (["holes", "--golden", "A", "--record", "records/A/record.csv"], "must not end in .anchor, .csv, .html"),
        (["holes", "--golden", "B", "--record", "records/A/record.sqlite"], "the record of golden sample 'A'"),
        (["holes", "--golden", "A", "--tolerance_nm", "3"], "--tolerance_nm: unknown option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_status_2(folder, capsys, words, part):
    measure(folder, 100.0)
    assert main(["holes", "--golden", "A"]) == 0
    (folder.parents[2] / "holes.csv").write_text("a file")
    capsys.readouterr()
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    error = capsys.readouterr().err
    assert status == 2 and error.count("\n") == 1 and part in error, error


def test_a_changed_row_ends_with_status_1_and_no_row_is_added(folder, capsys):
    series(folder, NORMAL[:4])
    with closing(sqlite3.connect("records/A/record.sqlite")) as database:
        database.execute("DROP TRIGGER no_update")
        database.execute("UPDATE record SET content = replace(content, 'latest', 'best') WHERE number = 2")
        database.commit()
    capsys.readouterr()
    assert main(["--golden", "A", "--verify"]) == 1
    assert "row 2 was changed" in capsys.readouterr().out
    measure(folder, 100.0, day=30)
    assert main(["holes", "--golden", "A"]) == 2
    assert "row 2 was changed" in capsys.readouterr().err and len(table()) == 4


def test_the_page_shows_charts_signals_and_who_made_it_and_fetches_nothing(run):
    series(run, [*NORMAL[:3], 120.0], "--baseline", "3")
    page = (run.parents[2] / "records/A/record.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1 and not re.search(r"(src|href)=.?(https?:)?//", page)
    assert "Row 5 is out of control: depth_mean_nm 120: one point beyond 3 sigma" in page
    assert "instrument: maker" in page and "a" * 64 in page


@needs_browser
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_fits_its_window_and_axe_finds_nothing_serious(run, width):
    series(run, [*NORMAL[:3], 120.0], "--baseline", "3")
    with BrowserPage((run.parents[2] / "records/A/record.html").as_uri(), width, dark=width == 400) as page:
        page.run("document.querySelector('details').open = true; 0")
        assert page.findings() == [] and not page.is_too_wide() and page.errors == []
        page.hover(*page.place(".plot.run"))
        assert "row " in page.run("document.querySelector('.reading').textContent")
