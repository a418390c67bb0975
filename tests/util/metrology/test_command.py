"""python -m util.metrology: its files, its page, what it refuses, and that a new test clears them away."""

import csv
import json
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.util.metrology.tables import wafer, write
from util.metrology import charts, hole_table
from util.metrology.__main__ import main
from util.metrology.run_statistics import RunStatistics
from util.results.results_writer import ResultsWriter

FILES = ["calibrated.csv", "metrology.html", "sites.csv", "statistics.json"]
HOSTILE = ("<script>alert(1)</script>", "a\"b'&c", "$x^2$\\frac", "=cmd|' /C calc'!A0", "one\ntwo", "\u202e\U0001f600")


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "results/run/test_latest"
    depths = wafer(folder / "holes.csv")
    (folder / "metrics.json").write_text("{}")
    grey = tmp_path / "average_depth.csv"
    grey.write_text("0,1\n" + "".join(f"{site},{(depth - 3) / 1.25}\n" for site, depth in depths.items()))
    (tmp_path / "strange.csv").write_text("site,depth\nelsewhere,100\n")
    return folder


def made(folder):
    return sorted(path.name for path in folder.iterdir() if path.name not in ("holes.csv", "metrics.json"))


def test_all_files_and_what_they_say(run, capsys):
    words = ["--reference", str(run.parents[2] / "average_depth.csv"), "--nm_per_grey", "1.25", "--tolerance_nm", "20"]
    assert main([str(run), *words]) == 0
    said = capsys.readouterr().out
    assert "depth_mean_nm" in said and "metrology.html" in said and ": bias +" in said
    assert made(run) == FILES
    told = json.loads((run / "statistics.json").read_text())
    assert (told["images"], told["holes"], told["sites"]) == (2400, 1200, 60)
    depth = told["quantities"]["depth_mean_nm"]
    assert depth["3sigma_within_sites_noise_corrected"] == pytest.approx(6, rel=0.08)
    assert depth["precision_to_tolerance"] == pytest.approx(6 / 20, rel=0.08)
    assert depth["repeatability"]["3sigma"] == pytest.approx(3, rel=0.08)
    assert told["reference"]["bias_nm"] == pytest.approx(3, abs=0.1)
    rule = told["calibration"]
    rows = list(csv.DictReader((run / "calibrated.csv").open()))
    assert len(rows) == 2400
    for row in rows[::500]:
        again = (float(row["depth_mean_nm"]) - rule["offset_nm"]) / rule["slope"]
        assert float(row["depth_mean_nm_calibrated"]) == pytest.approx(again, rel=1e-4)
    sites = list(csv.DictReader((run / "sites.csv").open()))
    assert len(sites) == 60 * 3 and sites[0]["holes"] == "20"
    page = (run / "metrology.html").read_text()
    assert page.count('<figure class="charts"') == 1 + 2 + 2
    assert not re.search(r"(src|href)=.?(https?:)?//", page), "nothing is fetched"


def test_the_newest_results_of_a_run_and_no_calibration_of_an_earlier_reference(run, capsys):
    (run / "calibrated.csv").write_text("old")
    assert main(["run", "--results_dir", str(run.parents[1])]) == 0
    assert made(run) == FILES[1:]
    assert "reference" not in json.loads((run / "statistics.json").read_text())


def test_a_reference_may_name_images_and_another_quantity(tmp_path):
    rows = [(f"hole {n}", "", 100, "", 50 + n, "", "") for n in range(5)]
    write(tmp_path / "holes.csv", rows)
    (tmp_path / "cd.csv").write_text("image,cd\n" + "".join(f"Hole {n},{49 + n}\n" for n in range(5)))
    assert main([str(tmp_path), "--reference", str(tmp_path / "cd.csv"), "--quantity", "cd_half_nm"]) == 0
    told = json.loads((tmp_path / "statistics.json").read_text())
    assert told["reference"]["bias_nm"] == pytest.approx(1) and told["calibration"]["slope"] == pytest.approx(1)
    assert told["quantities"]["cd_half_nm"]["3sigma_of_a_measurement"] is None


def test_a_reference_of_other_names_is_refused_with_some_that_exist(run, capsys):
    assert main([str(run), "--reference", str(run.parents[2] / "strange.csv")]) == 2
    line = "0 of its names are those of measured sites or images; at least 3 are needed. Measured are sites such as "
    error = capsys.readouterr().err
    assert (
        line + "depth_140_site_00000, depth_140_site_00001, " in error
        and " and images such as SEM_000_000_itr0" in error
    )


def test_the_terminal_says_in_plain_words_what_its_numbers_are_of(run, capsys):
    assert main([str(run)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1,200 holes at 60 sites, 2,400 images; metrics.json does not say how many nm a grey level is"
    titles = list(map(" ".join, zip(*(re.split(r"\s{2,}", line.strip()) for line in lines[1:4]), strict=True)))
    assert titles[:4] == ["mean of all holes", "3 sigma of all holes", "3 sigma within sites", "the same without noise"]
    (run / "metrics.json").write_text('{"nm_per_grey": 19.84017464609261}')
    assert main([str(run)]) == 0
    assert "; one grey level is 19.84 nm deep (--nm_per_grey of the test)" in capsys.readouterr().out
    reference = "; one grey level is 20 nm deep (--reference_depth of the test: {} of the reference, {})"
    for count, error, text in (
        (3, "0.4", ("3 images", "standard error 0.4 nm")),
        (1, "null", ("1 image", "its error is not known")),
    ):
        facts = f'"reference_images": {count}, "nm_per_grey_standard_error": {error}'
        (run / "metrics.json").write_text('{"nm_per_grey": 20.0, ' + facts + "}")
        assert main([str(run)]) == 0
        assert reference.format(*text) in capsys.readouterr().out


def flagged(folder, outside, holes=12):
    rows = [(f"h{n}", f"s{n % 3}", int(n < outside), 1.5, 2, 100 + n, 50 + n) for n in range(holes)]
    names = ("image", "site", "is_ood", "ood_score", "pixel_nm", "depth_mean_nm", "cd_half_nm")
    write(folder / "holes.csv", rows, names)


def test_ood_holes_come_before_any_number(tmp_path, capsys):
    flagged(tmp_path, 12)
    assert main([str(tmp_path), "--all"]) == 0
    line = "12 of 12 holes are out of distribution (OOD): do not trust their numbers"
    said = capsys.readouterr().out
    assert said.splitlines()[0] == line and "ood_score" not in said and "pixel_nm" not in said
    page = (tmp_path / "metrology.html").read_text()
    assert f'<p class="alarm">{line}</p>' in page and page.index(line) < page.index("<figure")
    told = json.loads((tmp_path / "statistics.json").read_text())
    assert told["n_ood"] == 12 and set(told["quantities"]) == {"depth_mean_nm", "cd_half_nm"}
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "no measured hole is left: 12 out of distribution (OOD): h0, h1, h2, ...; --all" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("former", ["--exclude_ood", "--known_only"])
def test_they_are_left_out_and_it_says_how_many_and_which(tmp_path, capsys, former):
    flagged(tmp_path, 1)
    assert main([str(tmp_path), "--all"]) == 0
    assert capsys.readouterr().out.startswith("1 of 12 holes is out of distribution (OOD): do not trust its numbers")
    assert main([str(tmp_path), former]) == 0
    assert capsys.readouterr().out.startswith("--exclude_ood, --known_only: no longer needed; statistics leave such")
    assert main([str(tmp_path)]) == 0
    said = "statistics leave out 1 of 12 holes: 1 out of distribution (OOD): h0; --all takes all"
    assert capsys.readouterr().out.splitlines()[0] == said and said in (tmp_path / "metrology.html").read_text()
    told = json.loads((tmp_path / "statistics.json").read_text())
    assert (told["n_ood"], told["n_dropped"], told["dropped"], told["holes"]) == (0, 1, {"ood": ["h0"]}, 11)
    assert told["quantities"]["depth_mean_nm"]["mean"] == pytest.approx(106)


NAMES = ("image", "site", "is_ood", "ood_score", "pixel_nm", "depth_median_nm", "floor_sq_nm", "cd_half_nm")
FORMER = (
    "image",
    "site",
    "outside_known",
    "strangeness",
    "pixel_nm",
    "depth_plateau_nm",
    "floor_roughness_nm",
    "cd_half_nm",
)


def test_all_and_exclude_ood_contradict(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main([str(tmp_path), "--all", "--exclude_ood"])
    assert left.value.code == 2 and "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize("option, former_option", [(["--all"], ["--all"]), ([], ["--known_only"])])
def test_an_old_table_gives_the_same_statistics_as_a_new_one(tmp_path, option, former_option):
    rng = np.random.default_rng(0)
    rows = [
        (f"h{n // 2}_itr{n % 2}", f"s{n % 4 // 2}", int(n in (5, 30)), 0.5, 2, *rng.normal((120, 2, 60), 1).round(4))
        for n in range(48)
    ]
    folders = [tmp_path / age / "run/test_latest" for age in ("new", "old")]  # the page's title is the same
    for folder, header, words in zip(folders, (NAMES, FORMER), (option, former_option), strict=True):
        write(folder / "holes.csv", rows, header)
        assert main([str(folder), "--tolerance_nm", "20", *words]) == 0
        assert made(folder) == FILES[1:]
    statistics, former_statistics = (json.loads((folder / "statistics.json").read_text()) for folder in folders)
    assert statistics == former_statistics and list(statistics["quantities"]) == list(NAMES[5:])
    assert (statistics["n_ood"], statistics["n_dropped"]) == ((2, 0) if option else (0, 2))
    assert statistics["quantities"]["depth_median_nm"]["noise_source"] == "repeats"
    assert {"hole_outliers", "site_outliers"} < set(statistics["quantities"]["floor_sq_nm"])
    header = "site,quantity,holes,mean,3sigma,3sigma_noise_corrected,hole_outliers,site_outlier,id\n"
    assert (folders[0] / "sites.csv").read_text().startswith(header)
    assert (folders[0] / "sites.csv").read_text() == (folders[1] / "sites.csv").read_text()


def test_all_known_holes_raise_no_alarm(tmp_path, capsys):
    flagged(tmp_path, 0)
    assert main([str(tmp_path), "--exclude_ood"]) == 0
    assert "OOD" not in capsys.readouterr().out
    assert 'class="alarm"' not in (tmp_path / "metrology.html").read_text()


@pytest.mark.parametrize("points, few", [(3, True), (4, True), (5, False)])
def test_few_reference_points_are_no_slope(tmp_path, capsys, points, few):
    flagged(tmp_path, 0)
    (tmp_path / "known.csv").write_text("image,depth\n" + "".join(f"h{n},{98 + n * 1.1}\n" for n in range(points)))
    assert main([str(tmp_path), "--reference", str(tmp_path / "known.csv")]) == 0
    line = f"{points} reference points are too few for a slope"
    assert (line in capsys.readouterr().out) == few == (line in (tmp_path / "metrology.html").read_text())


def test_a_run_chart_names_each_hole_and_has_the_limits_of_its_points(run):
    statistics = RunStatistics.from_table(hole_table.read(run / "holes.csv"))
    sites, holes = charts.run_charts(statistics, ["depth_mean_nm"])
    assert (len(sites.y), len(holes.y)) == (60, 1200) == (len(sites.names), len(holes.names))
    assert holes.names[21] == "SEM_001_001, depth_140_site_00001" and sites.names[1] == "depth_140_site_00001"
    depth = statistics.quantities["depth_mean_nm"]
    mean, three_sigma = np.mean(depth.values), 3 * np.std(depth.values, ddof=1)
    limits = {line.label: line.start for line in holes.lines}
    assert limits["mean − 3σ"] == pytest.approx(mean - three_sigma) and limits["median"] == np.median(depth.values)
    assert limits["mean + 3σ"] == pytest.approx(mean + three_sigma)
    assert sites.half_width == pytest.approx(3 * depth.sigma)
    repeats = charts.repeats_chart("depth_mean_nm", depth.repeats, holes.names)
    assert (repeats.y[5], repeats.x_label) == (depth.repeats.second[5] - depth.repeats.first[5], "depth mean [nm]")


def test_hostile_names_do_no_harm(tmp_path):
    rows = [
        (f"{name}{n}", "'" + name if name[0] == "=" else name, n, 1, n, 0, "") for name in HOSTILE for n in range(6)
    ]
    write(tmp_path / "holes.csv", rows)
    assert main([str(tmp_path)]) == 0
    page = (tmp_path / "metrology.html").read_text()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "\\u003cscript>alert(1)" in page
    with (tmp_path / "sites.csv").open(newline="", encoding="utf-8") as file:
        sites = [row["site"] for row in csv.DictReader(file)]
    assert list(dict.fromkeys(sites)) == ["'" + name if name[0] == "=" else name for name in HOSTILE]


@pytest.mark.parametrize(
    "words, line",
    [
        (["nowhere"], "nowhere: neither a folder of results nor a run"),
        (["{run}", "--nm_per_grey", "1"], "--nm_per_grey needs --reference FILE"),
        (["{run}", "--reference", "{run}/none.csv"], "none.csv: cannot be read"),
        (["{run}", "--reference", "{run}/metrics.json"], "expected rows `site,value` below one header line"),
        (["{run}", "--reference", "{run}/../../../strange.csv"], "--reference: 0 of its names"),
        (
            ["{run}", "--reference", "{run}/../../../average_depth.csv", "--quantity", "width"],
            "--quantity width: must be one of",
        ),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(run, words, line, capsys):
    assert main([*(word.format(run=run) for word in words), "--results_dir", str(run.parents[1])]) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
    assert made(run) == []


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "ten"])
def test_numbers_are_above_0(run, text, capsys):
    with pytest.raises(SystemExit) as left:
        main([str(run), f"--tolerance_nm={text}"])
    assert left.value.code == 2 and "must be a number above 0" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_status_1(run, capsys):
    (run / "sites.csv").mkdir()
    assert main([str(run)]) == 1
    error = capsys.readouterr().err
    assert "sites.csv" in error and error.count("\n") == 1


def test_new_results_clear_them_away_but_nothing_else(run):
    assert main([str(run)]) == 0
    (run / "notes.txt").write_text("mine")
    with ResultsWriter(run, 1.0) as writer:
        writer.write_metrics({})
    assert sorted(path.name for path in run.iterdir() if path.is_file()) == ["metrics.json", "notes.txt"]


def test_sixty_thousand_holes_take_seconds(tmp_path):
    wafer(tmp_path / "holes.csv", sites=2000, holes=30, repeats=1, u90=1)
    began = time.process_time()
    assert main([str(tmp_path)]) == 0
    assert time.process_time() - began < 20


def test_interrupted_is_130(run, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("util.metrology.hole_table.read", interrupt)
    assert main([str(run)]) == 130 and made(run) == []


def test_a_reader_that_has_seen_enough_is_no_failure(run):
    command = f"{sys.executable} -m util.metrology {run} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and made(run) == FILES[1:]


def test_it_is_a_command(run):
    command = [sys.executable, "-m", "util.metrology"]
    shown = subprocess.run([*command, "-h"], capture_output=True, text=True, check=True).stdout
    assert "--tolerance_nm" in shown and "metrology.html" in shown
    assert subprocess.run([*command, str(run)], capture_output=True, check=False).returncode == 0
