"""Runs side by side: the scores, the page, and what cannot be compared."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from util.compare.__main__ import main
from util.compare.comparison_page import HIGHER_IS_BETTER, LOWER_IS_BETTER
from util.metrology.hole_measurement import measure_holes
from util.results.image_result import ImageResult
from util.results.results_folder import ResultsFolder
from util.results.results_writer import ResultsWriter

IMAGE = "<img src=x onerror=alert(0)>"


def results(folder, deeper, rmse, rmse_hole=None, levels=1.0, speed=5.0, oracle=1.0, aligned=None, **more):
    """Results of three holes, `deeper` nm deeper than 100, with a score; `more` are facts of metrics.json."""
    y, x = np.indices((72, 48))
    hole = np.clip((20 - np.hypot(x - 23, (y - 35) / 1.4)) / 6, 0, 1)
    with ResultsWriter(folder, 1.0) as writer:
        for n in range(3):
            depth = (100 + deeper) * hole
            measurements = {name: float(values[0]) for name, values in measure_holes(depth[None]).items()}
            stem = f"<img src=x onerror=alert({n})>"
            writer.add([ImageResult(stem, 140 - depth, 140 - depth, 140 - depth, level=140, measurements=measurements)])
        map_score = {"rmse": rmse, "rmse_hole": rmse_hole or rmse, "bias": 0.1, "level_accuracy": levels}
        facts = {"run": folder.parent.name, "images": 3, "n_parameters": 12, "images_per_second": speed}
        score = {"snapped": map_score, "oracle_level": {"rmse": oracle}, "mean_map_baseline": {"rmse": 12.5}}
        score |= {} if aligned is None else {"scale_shift_aligned": {"rmse": aligned}}
        writer.write_metrics(facts | more | {"score": score})


@pytest.fixture
def two(tmp_path):
    results(tmp_path / "r/one/test_latest", 0, 2.5)
    results(tmp_path / "r/two/test_latest", 7, 1.5)
    return tmp_path


def score_rows(page):
    """The table of scores: by title the cells of a row, and those of them that are marked as best."""
    table = page[page.index("best in bold") : page.index("</table>")]
    rows = {}
    for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL):
        cells = re.findall(r"<(b|span)>(.*?)</\1>", row, re.DOTALL)
        title = re.search(r"<td>(.*?)</td>", row, re.DOTALL)
        if title and cells:
            rows[title[1].strip()] = ([text for _, text in cells], [text for tag, text in cells if tag == "b"])
    return rows


def test_two_runs_and_what_is_better(two, capsys):
    for name, width in (("one", 8), ("two", 16)):
        (two / "ck" / name).mkdir(parents=True)
        (two / "ck" / name / "opt.json").write_text(json.dumps({"width": width, "lr": 0.1}))
    where = ["--results_dir", str(two / "r"), "--checkpoints_dir", str(two / "ck"), "--out", str(two / "c.html")]
    assert main(["one", str(two / "r/two/test_latest"), *where]) == 0
    output = capsys.readouterr().out
    assert "RMSE [grey level]" in output and "2.50" in output and "1.50" in output
    page = (two / "c.html").read_text()
    assert "<b>1.50</b>" in page and "<b>2.50</b>" not in page
    assert "+6.97 ± " in page, "the floor, a little of whose rim is wall, is deeper by nearly 7 nm"
    assert "--width" in page and "--lr" not in page, "only what differs"
    assert page.count("data:image/png") == 3 * 3 and "<img src=x" not in page


def test_the_best_run_of_each_score_is_bold(tmp_path):
    """Lowest RMSE, most correct levels, most images/s: each in another run, and not first or last as text."""
    results(tmp_path / "r/one/test_latest", 0, rmse=9.5, rmse_hole=12.0, levels=0.99, speed=900, oracle=3.0)
    results(tmp_path / "r/two/test_latest", 0, rmse=10.2, rmse_hole=11.0, levels=1.0, speed=40, oracle=20.0)
    results(tmp_path / "r/three/test_latest", 0, rmse=30.0, rmse_hole=100.0, levels=0.5, speed=1200, oracle=2.5)
    results(tmp_path / "r/four/test_latest", 0, rmse=0.1, speed=30, aligned=5.5)
    results(tmp_path / "r/five/test_latest", 0, rmse=0.2, speed=20, aligned=10.5)
    names = ["one", "two", "three", "four", "five"]
    assert main([*names, "--results_dir", str(tmp_path / "r"), "--out", str(tmp_path / "c.html")]) == 0
    rows = score_rows((tmp_path / "c.html").read_text())
    assert rows["RMSE [grey level]"] == (["9.50", "10.20", "30.00", "not known", "not known"], ["9.50"])
    assert rows["RMSE, scale and shift aligned"] == (["–", "–", "–", "5.50", "10.50"], ["5.50"])
    assert rows["RMSE in the hole"] == (["12.00", "11.00", "100.00", "–", "–"], ["11.00"])
    assert rows["RMSE, true level given"] == (["3.00", "20.00", "2.50", "–", "–"], ["2.50"])
    assert rows["RMSE of the mean map"] == (["12.50"] * 5, [])
    assert rows["correct levels"] == (["99.0%", "100.0%", "50.0%", "–", "–"], ["100.0%"])
    assert rows["images/s"] == (["900", "40", "1,200", "30", "20"], ["1,200"])
    marked = {title for title, (_, best) in rows.items() if best}
    assert marked == {*LOWER_IS_BETTER, *HIGHER_IS_BETTER}, "a score that has another name now is marked no more"


def test_errors_against_the_ground_truth(two):
    """Each run's map beside the true one, with the error in nm; images without a true map get a dash."""
    (two / "truth").mkdir()
    depth = np.rint(140 - ResultsFolder(two / "r/one/test_latest").depth_nm(IMAGE)).astype(np.uint8)
    Image.fromarray(depth).save(two / "truth" / f"{IMAGE}.png")
    words = ["one", "two", "--results_dir", str(two / "r"), "--out", str(two / "c.html")]
    assert main([*words, "--truth", str(two / "truth")]) == 0
    page = (two / "c.html").read_text()
    errors = [float(text) for text in re.findall(r"<small>([\d.]+) nm</small>", page)]
    assert len(errors) == 2 and errors[0] < 0.5 and 3 < errors[1] < 7, "7 nm deeper in the hole, equal around it"
    assert page.count("data:image/png") == 3 * 2 + 3 and "ground truth" in page
    assert main([*words, "--truth", str(two / "truth"), "--sem", str(two / "truth")]) == 0
    assert (two / "c.html").read_text().count("data:image/png") == 3 * 2 + 3 + 1
    assert main([*words, "--truth", str(two / "r")]) == 2


RELATIVE = {"has_absolute_scale": False}


@pytest.mark.parametrize("facts, is_known", [(RELATIVE, False), (RELATIVE | {"reference_images": 4}, True)])
def test_relative_depths_get_no_absolute_error(two, facts, is_known):
    """Their scale is not the truth's, so a map that is twice as deep everywhere has no error."""
    results(two / "r/twice/test_latest", 100, rmse=77.7, aligned=0.25, nm_per_grey=9.0, **facts)
    (two / "truth").mkdir()
    depth = np.rint(140 - ResultsFolder(two / "r/one/test_latest").depth_nm(IMAGE)).astype(np.uint8)
    Image.fromarray(depth).save(two / "truth" / f"{IMAGE}.png")
    words = ["--results_dir", str(two / "r"), "--out", str(two / "c.html"), "--truth", str(two / "truth")]
    for names in (["one", "twice"], ["twice", "one"]):
        assert main([*names, *words]) == 0
        page = (two / "c.html").read_text()
        assert "77.7" not in page and "Depths of twice have no absolute scale" in page
        assert score_rows(page)["RMSE, scale and shift aligned"][0] == [{"one": "–", "twice": "0.25"}[n] for n in names]
        errors = dict(zip(names, re.findall(r"<small>([\d.]+ nm[ a-z]*)</small>", page), strict=True))
        assert errors["twice"].endswith(" nm aligned") and not errors["one"].endswith("aligned")
        assert all(float(error.split()[0]) < 0.5 for error in errors.values())
        depth_row = re.search(r"<td>depth mean \[nm\]</td>.*?</tr>", page, re.DOTALL)[0]
        assert ("not known" in depth_row) == (not is_known)
    assert main(["twice", "one", *words[:4]]) == 0, "without the truth"
    assert "nm aligned" not in (two / "c.html").read_text()


def test_equal_and_missing_scores(tmp_path):
    results(tmp_path / "r/one/test_latest", 0, rmse=2.0, speed=7)
    results(tmp_path / "r/two/test_latest", 0, rmse=2.0, rmse_hole=float("nan"), speed=7)
    results(tmp_path / "r/none/test_latest", 0, rmse=float("nan"), speed=7)
    metrics = tmp_path / "r/none/test_latest/metrics.json"
    metrics.write_text(json.dumps(json.loads(metrics.read_text()) | {"score": None}))
    words = ["--results_dir", str(tmp_path / "r"), "--out", str(tmp_path / "c.html")]
    assert main(["one", "two", *words]) == 0
    rows = score_rows((tmp_path / "c.html").read_text())
    assert [rows[title][1] for title in ("RMSE [grey level]", "images/s")] == [[], []], "equal: none is best"
    assert rows["RMSE in the hole"] == (["2.00", "nan"], ["2.00"])
    assert main(["none", "two", *words]) == 0
    rows = score_rows((tmp_path / "c.html").read_text())
    assert rows["RMSE [grey level]"] == (["–", "2.00"], ["2.00"]) and rows["RMSE in the hole"] == (["–", "nan"], [])


def test_results_of_an_older_version_are_compared(two):
    folder = two / "r/one/test_latest"
    before = ResultsFolder(folder).summary
    metrics = json.loads((folder / "metrics.json").read_text())
    score = metrics["score"]
    former = {
        "quantised": score["snapped"],
        "level_given": score["oracle_level"],
        "mean_map": score["mean_map_baseline"],
    }
    old = metrics | {"score": former, "parameters": metrics.pop("n_parameters")}
    (folder / "metrics.json").write_text(json.dumps(old))
    header, rows = (folder / "holes.csv").read_text().split("\n", 1)
    for former, name in (("depth_plateau_nm", "depth_median_nm"), ("floor_roughness_nm", "floor_sq_nm")):
        assert name in header
        header = header.replace(name, former)
    (folder / "holes.csv").write_text(header.replace("is_ood,ood_score", "outside_known,strangeness") + "\n" + rows)
    assert ResultsFolder(folder).summary == before
    assert main(["one", "two", "--results_dir", str(two / "r"), "--out", str(two / "c.html")]) == 0
    page = (two / "c.html").read_text()
    assert score_rows(page)["RMSE [grey level]"] == (["2.50", "1.50"], ["1.50"]) and "+6.97 ± " in page


@pytest.mark.parametrize(
    "words, line",
    [
        (["one"], "name at least two runs"),
        (["one", "three"], "three: neither a folder of results nor a run"),
        (["one", "two", "--images", "-1"], "--images -1: must be at least 0"),
    ],
)
def test_what_cannot_be_compared_is_one_line(two, words, line, capsys):
    assert main([*words, "--results_dir", str(two / "r"), "--out", str(two / "c.html")]) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
    assert not (two / "c.html").exists()


@pytest.mark.parametrize("text", ["", "[1]", "{", "\xff"])
def test_damaged_metrics_are_one_line(two, text, capsys):
    (two / "r/two/test_latest/metrics.json").write_bytes(text.encode("latin-1"))
    assert main(["one", "two", "--results_dir", str(two / "r"), "--out", str(two / "c.html")]) == 2
    assert "metrics.json" in capsys.readouterr().err


def flag(folder, **flags):
    """Gives images of holes.csv, by their number, flags."""
    lines = (folder / "holes.csv").read_text().splitlines()
    column = lines[0].split(",").index("flags")
    for name, words in flags.items():
        cells = lines[int(name[1:]) + 1].split(",")
        lines[int(name[1:]) + 1] = ",".join([*cells[:column], words, *cells[column + 1 :]])
    (folder / "holes.csv").write_text("\n".join(lines) + "\n")


def test_means_leave_out_what_a_run_flags(two, capsys):
    flag(two / "r/one/test_latest", n0="border")
    flag(two / "r/two/test_latest", n0="ood", n1="pixel")
    where = ["one", "two", "--results_dir", str(two / "r"), "--out", str(two / "c.html")]
    assert main(where) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("means leave out")]
    assert line.startswith("means leave out 1 of 3 holes: 1 cut by the image's border: ") and "1 out of dist" in line
    page = (two / "c.html").read_text()
    assert "means leave out 1 of 3 holes" in page and "2 holes: mean of the first run" in page
    assert main([*where, "--all"]) == 0
    assert "leave out" not in capsys.readouterr().out
    assert "3 holes: mean of the first run" in (two / "c.html").read_text()


def test_all_holes_flagged_leave_no_means_but_maps(two, capsys):
    flag(two / "r/one/test_latest", n0="ood", n1="ood", n2="ood")
    assert main(["one", "two", "--results_dir", str(two / "r"), "--out", str(two / "c.html")]) == 0
    page = (two / "c.html").read_text()
    assert "means leave out 3 of 3 holes" in page and "mean of the first run" not in page and "Depth maps" in page


def test_runs_that_tested_different_images_are_named_in_one_line(tmp_path, capsys):
    results(tmp_path / "r/one/test_latest", 0, 2.5, dataroot="/data/a")
    results(tmp_path / "r/two/test_latest", 0, 2.5, dataroot="/data/b")
    results(tmp_path / "r/three/test_latest", 0, 2.5, dataroot="/data/a")
    holes = tmp_path / "r/three/test_latest/holes.csv"
    where = ["--results_dir", str(tmp_path / "r"), "--out", str(tmp_path / "c.html")]

    def lines(*names):
        assert main([*names, *where]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if line.startswith("the runs tested")]

    assert lines("one", "three") == []
    assert lines("one", "two") == [
        "the runs tested images of different folders (one: /data/a, two: /data/b): the same names may be other images"
    ]
    holes.write_text("".join(holes.read_text().splitlines(keepends=True)[:-1]))
    assert lines("one", "three") == [
        "the runs tested different images (one 3, three 2, of which 2 have common names): their scores are not of the "
        "same images"
    ]
    assert "the runs tested different images" in (tmp_path / "c.html").read_text()
