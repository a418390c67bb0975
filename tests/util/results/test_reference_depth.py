"""A site of known depth decides the depth per grey level."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import test as testing
from data.simulate import main as simulate
from util.errors import UtilError
from util.results import ImageResult, ReferenceDepth

ROOT = Path(__file__).parents[3]


def result(stem, depth, site="", **changes):
    return ImageResult(stem, np.zeros((4, 4)), measurements={"depth_mean_nm": depth}, site=site, **changes)


RESULTS = [
    result("1", 100.0, "a"),
    result("2", 120.0, "a"),
    result("3", 50.0, "b"),
    result("4", 70.0, "b", ood_score=2.0),
    result("5", float("nan"), "c"),
]


@pytest.mark.parametrize("site, expected, count", [("a", 2.0, 2), ("b", 4.4, 1), ("2", 220 / 120, 1), ("", 2.4444, 3)])
def test_the_floors_of_the_reference_get_its_depth(site, expected, count):
    reference = ReferenceDepth(220.0, site)
    reference.add(RESULTS[:2])
    reference.add(RESULTS[2:])
    assert reference.nm_per_grey == pytest.approx(expected, rel=1e-4)
    assert f"--reference_depth 220 nm: the floors of {count} image{'s' * (count > 1)}" in str(reference)


def test_how_certain_the_scale_is():
    """The standard error of a mean, s / sqrt(n), of floors 90, 100 and 110 grey levels deep; one image tells none."""
    reference = ReferenceDepth(200.0, "")
    reference.add([result("1", 90.0), result("2", 100.0), result("3", 110.0)])
    assert reference.facts == {"reference_images": 3, "nm_per_grey_standard_error": pytest.approx(0.2 / 3**0.5)}
    assert str(reference).endswith("is 2 nm (standard error 5.8 %, from the scatter of these images)")
    alone = ReferenceDepth(200.0, "")
    alone.add([result("1", 100.0)])
    assert alone.facts == {"reference_images": 1, "nm_per_grey_standard_error": None}
    assert "this one image alone decides it" in str(alone) and "\n" not in str(alone)


@pytest.mark.parametrize(
    "site, message",
    [
        ("d", r"--reference_site d: no test image has this name.*there are a, b, c"),
        ("c", "of 1 image of the reference none shows a hole"),
        ("5", "none"),
    ],
)
def test_a_reference_without_a_floor_is_one_line(site, message):
    reference = ReferenceDepth(220.0, site)
    reference.add(RESULTS)
    with pytest.raises(UtilError, match=message):
        _ = reference.nm_per_grey


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("reference")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "1", "--num_real", "4", "--num_test", "6"]) == 0
    for name in ("SEM", "Depth"):
        (place / f"sem/test/{name}/site_7").mkdir()
        for path in sorted((place / f"sem/test/{name}").glob("*.png"))[:2]:
            path.rename(path.parent / "site_7" / path.name)
    return place


def run(place, *more):
    folders = ["--dataroot", str(place / "sem"), "--results_dir", str(place / "results"), "--gpu_ids", "-1"]
    return testing.main([*folders, "--name", "holes", *more])


def test_the_maps_of_a_test_are_scaled(place):
    assert run(place, "--reference_depth", "2500", "--reference_site", "site_7") == 0
    folder = place / "results/holes/test_latest"
    with (folder / "holes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    depths = [float(row["depth_mean_nm"]) for row in rows if row["site"] == "site_7" and row["is_ood"] == "0"]
    assert np.mean(depths) == pytest.approx(2500, rel=1e-3)
    facts = json.loads((folder / "metrics.json").read_text())
    assert facts["nm_per_grey"] == pytest.approx(20, rel=0.25)
    assert facts["notes"][0].startswith("--reference_depth 2500 nm: the floors of 2 images of site_7 are")
    assert "of site_7 are" in (folder / "index.html").read_text()
    assert facts["reference_images"] == 2
    expected = np.std(depths, ddof=1) / np.sqrt(2) / 2500 * facts["nm_per_grey"]
    assert facts["nm_per_grey_standard_error"] == pytest.approx(expected, rel=1e-3)


def test_relative_depths_are_said(place):
    copy = shutil.copytree(ROOT / "pretrained/holes", place / "runs/relative")
    saved = json.loads((copy / "opt.json").read_text())
    (copy / "opt.json").write_text(json.dumps(saved | {"relative_depth": True}))
    assert run(place, "--name", "relative", "--checkpoints_dir", str(place / "runs")) == 0
    folder = place / "results/relative/test_latest"
    facts = json.loads((folder / "metrics.json").read_text())
    assert facts["has_absolute_scale"] is False and "reference_images" not in facts
    note = facts["notes"][0]
    assert "absolute depth cannot be known" in note and "--reference_depth NM" in note
    score, page = facts["score"], (folder / "index.html").read_text()
    assert "absolute depth cannot be known" in page
    assert f"<b>{score['scale_shift_aligned']['rmse_nm']:.2f} nm</b>" in page, "the headline"
    assert not {"intervals", "levels", "chance_level_accuracy"} & set(score)
    check_stated(folder, facts, is_absolute=False)
    known = place / "results/holes/test_latest"
    assert run(place) == 0
    check_stated(known, json.loads((known / "metrics.json").read_text()), is_absolute=True)
    more = ["--reference_depth", "138", "--reference_site", "site_7"]
    assert run(place, "--name", "relative", "--checkpoints_dir", str(place / "runs"), *more) == 0
    check_stated(folder, json.loads((folder / "metrics.json").read_text()), is_absolute=False)


def check_stated(folder, facts, is_absolute):
    """Intervals of CDs are stated always, those of depths only where depths are absolute."""
    with (folder / "holes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    stated = {name: any(row[name] for row in rows) for name in rows[0] if "_u90_" in name}
    assert {"depth_mean_u90_nm", "cd_half_u90_px"} < set(stated)
    for name, is_stated in stated.items():
        assert is_stated == (name.startswith("cd_") or (is_absolute and not name.startswith("swa_"))), name
    for name, error in facts["measurement_errors"].items():
        if not name.startswith("cd_") and not is_absolute:
            assert error["coverage"] is None, name
    assert (folder / "depth_u90_nm").exists() == is_absolute


@pytest.mark.parametrize(
    "flags, message",
    [
        ("--reference_depth 100 --reference_site x", "--reference_site x: no test image has this name"),
        ("--reference_site site_7", "--reference_site site_7: needs --reference_depth"),
        ("--reference_depth 100 --nm_per_grey 2", "--reference_depth 100 and --nm_per_grey 2 exclude each other"),
        ("--reference_depth 100 --ray local", "--reference_depth 100 and --ray local exclude each other"),
        ("--reference_depth -1", "--reference_depth -1: must be"),
        ("--reference_depth 0", "--reference_depth 0: must be above 0"),
        ("--reference_depth 0 --reference_site site_7", "--reference_depth 0: must be above 0"),
    ],
)
def test_a_reference_that_cannot_be_is_one_line(place, capsys, flags, message):
    assert run(place, "--results_dir", str(place / "none"), *flags.split()) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not Path(place / "none").exists()
