"""The pages and the files of a test: whole, escaped, without anything from elsewhere."""

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
import pytest
import tifffile
from PIL import Image

from benchmarks import contact_sheet
from benchmarks.result_pictures import DEPTH_RANGE
from models import MODELS
from tests.util.scored import score, score_results
from util.drawing import figure, image_rows, loss_groups
from util.errors import UtilError
from util.monitor.training_page import TrainingPage
from util.page import results_page
from util.page.colours import Colours, colour_tables
from util.results import ResultBuilder
from util.results.image_result import ImageResult
from util.results.results_writer import ResultsWriter
from util.scoring.measurement_errors import MeasurementErrors
from util.scoring.result_selection import ResultSelection

LEVELS = (140, 150, 160, 170)
LAYOUT = MODELS["cycle_gan"].load_class().plot_layout
ODD = "a <b> & #1 ü"


def results(count, truth=True):
    rng = np.random.default_rng(0)
    made = []
    for number in range(count):
        level = (140, 150, 160, 170)[number % 4]
        true = np.full((72, 48), float(level), np.float32)
        true[20:50, 12:36] = 30
        depth = true + rng.normal(size=true.shape).astype(np.float32) * (1 + number % 7)
        stem = ODD if number == 1 else f"{number:06d}"
        made.append(ImageResult(stem, true, depth, np.rint(depth), truth=true if truth else None, level=level))
    return made


def make(folder, shown):
    scored = None
    if shown[0].truth is not None:
        truth, raw = np.stack([one.truth for one in shown]), np.stack([one.raw_depth for one in shown])
        level = np.array([one.level for one in shown])
        scored = score(truth, raw, np.stack([one.final for one in shown]), None, level, (140, 150, 160, 170), truth)
    with ResultsWriter(folder, 1.5) as writer:
        writer.add(shown)
        writer.write_metrics({"score": scored})
        write_page(writer.unfinished, shown, scored, run="run <i>", data="./sem <x>")
    return (folder / "index.html").read_text(encoding="utf-8")


def write_page(folder, shown, scored, skipped=(), **facts):
    facts = {"run": "run", "nm_per_grey": 1.0, "pixel_nm": None} | facts
    figures = {"score": scored, "measurement_errors": {}, "skipped": list(skipped)}
    results_page.write(folder, select(shown), facts, figures)


def select(results, maximum=200):
    selection = ResultSelection(len(results), maximum)
    selection.add(results)
    return selection


def links(page):
    """Links to files: what begins with # lies in the page, as what data: holds does; the script makes those of rows."""
    data = data_of(page)
    rows = [f"{folder}/{quote(row[0])}.{suffix}" for row in data["rows"] for folder, suffix in data["files"].values()]
    return rows + [link for link in re.findall(r'(?:src|href)="([^"#]+)"', page) if not link.startswith("data:")]


def test_every_link_of_the_page_is_a_file_of_the_result(tmp_path):
    page = make(tmp_path / "r" / "test_latest", results(6))
    assert links(page)
    for link in links(page):
        assert (tmp_path / "r" / "test_latest" / unquote(link)).is_file(), link
    assert "<b> & #1" not in page and data_of(page)["rows"][1][0] == ODD and "<i>" not in page and "<x>" not in page


def test_reverse_results_link_their_own_images(tmp_path):
    depth = np.full((72, 48), 140.0, np.float32)
    page = make(tmp_path / "r", [ImageResult("one", depth, rendering=depth)])
    assert "sem/one.png" in links(page) and "submission.zip" not in page and "not scored" in page
    assert all((tmp_path / "r" / unquote(link)).is_file() for link in links(page))


def test_a_page_without_truth_shows_no_error(tmp_path):
    page = make(tmp_path / "r", results(3, truth=False))
    assert "is not known" in page and "RMSE" not in page and "too deep" not in page


def test_the_facts_line_names_what_is_known_and_how_many_images_were_skipped(tmp_path):
    facts = {
        "run": "name",
        "nm_per_grey": 19.84017464609261,
        "grey_range": None,
        "n_parameters": 7,
    }
    write_page(tmp_path, results(1), None, ["a: empty", "b: empty"], **facts)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    line = re.search(r'<p class="quiet facts">(.*?)</p>', page, re.S)[1]
    facts = re.findall(r"<span>(.*?)</span>", line)
    assert facts == ["depth of a grey level 19.84 nm", "weights 7", "skipped 2"] and "<h1>name</h1>" in page


def measured(pixel_nm, **changes):
    """Results with their measurements, as test.py makes them."""
    made, builder = results(3), ResultBuilder(1.0, pixel_nm)
    rows = builder.measure(np.array([one.level for one in made]), np.stack([one.truth for one in made]))
    return [
        replace(one, measurements=row, true_measurements=row, **changes) for one, row in zip(made, rows, strict=True)
    ]


def test_sidewall_angles_are_shown_where_the_pixel_size_is_known_and_nowhere_else(tmp_path):
    for pixel_nm in (2.0, 0.0):
        shown = measured(pixel_nm)
        angles = [np.isfinite(one.measurements["swa_left_deg"]) for one in shown]
        errors = MeasurementErrors()
        errors.add(shown)
        write_page(tmp_path, shown, None, pixel_nm=pixel_nm or None)
        page = (tmp_path / "index.html").read_text(encoding="utf-8")
        assert all(angles) if pixel_nm else not any(angles)
        assert ("SWA" in page, "swa_left_deg" in errors.summary()) == (bool(pixel_nm),) * 2
    assert "wall angles are not given; use --pixel_nm" in page


def data_of(page):
    """What the page's script draws from."""
    return json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', page, re.S)[1])


def test_rows_that_are_out_of_distribution_are_marked(tmp_path):
    shown = measured(2.0, ood_score=0.5)
    shown[1] = replace(shown[1], ood_score=1.5)
    write_page(tmp_path, shown, None, pixel_nm=2.0)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert [row[2] for row in data_of(page)["rows"]] == [False, True, False]
    assert "1 of 3 images is flagged OOD" in page


def test_what_no_image_knows_has_no_column_and_values_have_the_unit_of_their_heads(tmp_path):
    shown = measured(2.0)
    shown = [replace(one, measurements=one.measurements | {"ellipticity": np.nan}) for one in shown]
    write_page(tmp_path, shown, None, pixel_nm=2.0)
    data = data_of((tmp_path / "index.html").read_text(encoding="utf-8"))
    heads = [head for head, *_ in data["columns"]]
    assert "ellipticity" not in heads and all(len(row[3]) == len(row[4]) == len(heads) for row in data["rows"])
    values = dict(zip(heads, data["rows"][0][4], strict=True))
    assert values["volume"] == pytest.approx(shown[0].measurements["volume_nm3"] / 1000)


def test_the_options_of_a_run_have_their_present_names(tmp_path):
    (tmp_path / "opt.json").write_text(json.dumps({"match_epochs": [14, 24], "seed": 3}))
    figures = {"score": None, "measurement_errors": {}, "skipped": []}
    facts = {"run": "run", "nm_per_grey": 1.0, "pixel_nm": None}
    names = {"match_epochs": "match_after_epochs"}
    results_page.write(tmp_path, select(results(1)), facts, figures, tmp_path, LAYOUT, names)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "--match_after_epochs" in page and "--match_epochs" not in page and "--seed" in page


def test_of_many_images_the_worst_are_shown_with_a_uniform_sample():
    many = results(600)
    shown = select(many, 40).shown
    assert len(shown) <= 40
    worst = sorted(many, key=lambda one: -one.rmse)[:10]
    assert {one.stem for one in worst} <= {one.stem for one in shown}
    unknown = [one.stem for one in select(results(600, truth=False), 40).shown]
    assert len(unknown) == 40 and unknown[20] == "000300"


def test_png_tiff_and_zip_hold_the_same_depth(tmp_path):
    depth = np.linspace(30, 140, 72 * 48, dtype=np.float32).reshape(72, 48)
    for folder in ("first", "second"):
        with ResultsWriter(tmp_path / folder, 1.5) as writer:
            writer.add([ImageResult("000000", depth, depth, level=140)])
            writer.write_metrics({})
    image = Image.open(tmp_path / "first/depth/000000.png")
    assert image.mode == "L" and image.size == (48, 72)
    assert (np.asarray(image) == np.rint(depth)).all()
    nm = tifffile.imread(tmp_path / "first/depth_nm/000000.tiff")
    assert nm.dtype == np.float32 and nm == pytest.approx((140 - depth) * 1.5)
    with zipfile.ZipFile(tmp_path / "first/submission.zip") as archive:
        assert archive.namelist() == ["000000.png"]
        assert archive.read("000000.png") == (tmp_path / "first/depth/000000.png").read_bytes()
    assert (tmp_path / "first/submission.zip").read_bytes() == (tmp_path / "second/submission.zip").read_bytes()


def finish(folder, note):
    with ResultsWriter(folder, 1.0) as writer:
        writer.write_metrics({"note": note})


def note(folder):
    return json.loads((folder / "metrics.json").read_text())["note"]


def test_a_model_without_depth_shows_levels_and_contours(tmp_path):
    shown = [
        ImageResult(
            one.stem, one.input, truth=one.truth, level=level, hole_mask=one.truth < 100, level_probs=np.full(4, 0.25)
        )
        for one, level in zip(results(4), (140, 150, 160, 160), strict=True)
    ]
    scored = score_results(shown, LEVELS, None)
    with ResultsWriter(tmp_path / "r", 1.0, LEVELS) as writer:
        writer.add(shown)
        writer.write_metrics({"score": scored})
        write_page(writer.unfinished, shown, scored)
    page = (tmp_path / "r/index.html").read_text(encoding="utf-8")
    assert "75.0%" in page and "100.0% (IoU)" in page and "RMSE" not in page and "submission.zip" not in page
    assert all((tmp_path / "r" / unquote(link)).is_file() for link in links(page))
    header = (tmp_path / "r/background_levels.csv").read_text().splitlines()[0]
    assert header == "image,background_level,p_140,p_150,p_160,p_170,id" and "background_levels.csv" in links(page)
    mask = np.asarray(Image.open(tmp_path / "r/hole_mask/000000.png"))
    assert mask.dtype == np.uint8 and (mask[20:50, 12:36] == 255).all() and (mask == 255).sum() == 30 * 24
    assert not (tmp_path / "r/submission.zip").exists()


def test_what_somebody_put_beside_the_results_stays(tmp_path):
    folder = tmp_path / "r"
    finish(folder, 1)
    (folder / "notes.txt").write_text("mine")
    finish(folder, 2)
    assert note(folder) == 2 and (folder / "notes.txt").read_text() == "mine"


def test_an_interrupted_test_leaves_the_old_result(tmp_path):
    folder = tmp_path / "r"
    finish(folder, 1)
    with pytest.raises(KeyboardInterrupt), ResultsWriter(folder, 1.0) as writer:
        writer.write_metrics({"note": 2})
        raise KeyboardInterrupt
    assert note(folder) == 1 and sorted(path.name for path in tmp_path.iterdir()) == [".r.lock", "r"]


def test_a_kill_between_the_two_moves_loses_nothing(tmp_path):
    folder = tmp_path / "r"
    finish(folder, 1)
    folder.replace(tmp_path / ".r.before")  # as the kill leaves it
    with pytest.raises(KeyboardInterrupt), ResultsWriter(folder, 1.0):
        raise KeyboardInterrupt
    assert note(folder) == 1
    finish(folder, 2)
    assert note(folder) == 2 and sorted(path.name for path in tmp_path.iterdir()) == [".r.lock", "r"]


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r/thesis.txt").write_text("x")
    with pytest.raises(UtilError, match="something else"), ResultsWriter(tmp_path / "r", 1.0):
        pass
    assert (tmp_path / "r/thesis.txt").exists()


def test_training_page_holds_curves_images_and_options(tmp_path):
    page = TrainingPage(tmp_path, "run <i>", {"dataroot": ("./sem <x>", "./sem")}, LAYOUT)
    page.write({})
    image = np.full((72, 48), 100.4, np.float32)
    page.add_images(5, {"real_A": image, "fake_B": image})
    page.add_images(15, {"real_A": image})
    losses = {"epoch": [1, 2], "step": [10, 20], "seconds": [0.1, 0.1], "G_A": [1, 0.5], "cycle_A": [30, 1]}
    epochs = {"epoch": [1, 2], "step": [10, 20], "seconds": [1, 1], "lr": [1, 1], "distance": [0.5, 0.25]}
    page.add_images(15, {"confusion": np.eye(4) * 3})
    page.write(losses, epochs=epochs)
    text = (tmp_path / "web/index.html").read_text(encoding="utf-8")
    assert text.index("epoch 15") < text.index("epoch 5")
    assert text.count("<svg") == 3 and "--dataroot" in text and "best is epoch 2: distance 0.25" in text
    assert "<h2>Validation</h2>" in text
    assert "<i>" not in text and "<x>" not in text and not re.search(r'(?:src|href)="http', text)
    saved = Image.open(tmp_path / "web/images/epoch000005_real_A.png")
    assert (np.asarray(saved) == 100).all()
    assert {path.name for path in (tmp_path / "web").iterdir()} == {"index.html", "images"}


def test_images_that_begin_with_one_real_image_stand_together():
    names = ["rec_B", "fake_A", "real_B", "fake_B", "real_A", "rec_A", "mask"]
    rows = image_rows(names, LAYOUT)
    assert rows == [["real_A", "fake_B", "rec_A"], ["real_B", "fake_A", "rec_B"], ["mask"]]


def test_losses_share_the_plots_that_their_model_declares():
    names = ["cycle_A", "D_B", "new", "G_A"]
    groups = loss_groups(names, LAYOUT)
    assert groups == [("cycle and identity", ["cycle_A", "new"]), ("adversarial", ["D_B", "G_A"])]
    assert loss_groups(["L1"], MODELS["unet_regressor"].load_class().plot_layout) == [("losses", ["L1"])]
    assert loss_groups([], LAYOUT) == []


def test_colours_mean_the_same_on_every_picture():
    colours = Colours(150.0, 30.0, 10.0)
    low, high = colours.range("depth")
    assert (low, high) == (0, DEPTH_RANGE[1] - DEPTH_RANGE[0])
    assert (
        colour_tables()["depth"][[0, 255]] == np.asarray(figure.depth(np.array([[170, 20]]), *DEPTH_RANGE))[0]
    ).all()
    zero, plus, minus = np.asarray(figure.error(np.array([[0.0, 30.0, -30.0]]), 30))[0].astype(int)
    assert zero.min() > 240 and plus[0] > plus[2] and minus[2] > minus[0]


def test_pictures_are_pixel_for_pixel():
    image = np.arange(72 * 48).reshape(72, 48) % 256
    read = np.asarray(Image.open(io.BytesIO(figure.png(figure.grey(image)))))
    assert (read == image).all()


@pytest.mark.parametrize("values", [[1.0, 2.0], [0.1, 50.0], [float("nan"), 1.0]])
def test_curves_are_the_same_bytes_each_time(values):
    columns = {"step": [1, 2], "G": values}
    svg = figure.curves(columns, ["G"], "t")
    assert svg == figure.curves(columns, ["G"], "t")
    assert "http" not in svg.replace("http://www.w3.org", "")  # names of XML, which nothing loads


def test_contact_sheet_is_one_png_and_refuses_a_mixture(tmp_path):
    target = tmp_path / "sheet.png"
    contact_sheet.write(target, results(3), "cost $5 $6")
    assert Image.open(target).width > 300 and list(tmp_path.iterdir()) == [target]
    contact_sheet.write(target, results(1, truth=False))
    for wrong in ([], [*results(1), *results(1, truth=False)]):
        with pytest.raises(UtilError, match="results"):
            contact_sheet.write(target, wrong)


def test_the_script_and_style_name_nothing_from_elsewhere():
    files = [path for suffix in ("css", "js") for path in Path(results_page.__file__).parents[1].rglob(f"*.{suffix}")]
    assert {"base.css", "uplot.js", "hole_detail.js", "views.js"} <= {path.name for path in files}
    for path in files:
        text = path.read_text(encoding="utf-8")
        for name in ("http://www.w3.org/2000/svg", "https://github.com/leeoniya/uPlot"):  # which nothing loads
            text = text.replace(name, "")
        assert "http" not in text and "@import" not in text and "import(" not in text, path
