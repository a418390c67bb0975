"""The page of a test in a real browser: rows sorted and filtered, a hole opened, looked at and printed, by hand and by
keys."""

import csv
import io
import time
from base64 import b64decode
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image

from tests.browser import BrowserPage, needs_browser
from tests.util.scored import score_results
from util.metrology.hole_measurement import measure_holes
from util.page import results_page
from util.results.field_view import FieldView
from util.results.image_result import ImageResult
from util.results.results_writer import ResultsWriter
from util.scoring.measurement_errors import MeasurementErrors

LEVELS = (140, 150, 160, 170)
NM_PER_GREY, PIXEL_NM = 2.0, 1.5
NAMES = "[...document.querySelectorAll('#images tbody a.open')].map(link => link.textContent)"
READINGS = "document.getElementById('readings').textContent"


def make_results(count=8):
    rng = np.random.default_rng(0)
    for n in range(count):
        truth = np.full((72, 48), float(LEVELS[n % 4]))
        truth[20:50, 12:36] = 30
        depth = truth + (n * 3 % count) + rng.normal(size=truth.shape) / 10
        depth_nm = [(maps.max() - maps)[None] * NM_PER_GREY for maps in (depth, truth)]
        measurements, true_measurements = (
            {name: float(values[0]) for name, values in measure_holes(maps, PIXEL_NM).items()} for maps in depth_nm
        )
        result = ImageResult(f"hole {n}", truth, depth, depth, truth=truth, level=LEVELS[n % 4])
        result = replace(result, depth_u90=np.full(truth.shape, 1.5), floor_depth=np.array([100.0, 2.0]))
        result = replace(result, ood_score=1.5 if n == 2 else 0.5, true_measurements=true_measurements)
        yield replace(result, measurements=measurements | {"depth_mean_u90_nm": 4.0})


class Fields:
    """Two fields of view; the first shows hole 1 and hole 5."""

    sem, depth = np.full((120, 160), 200, np.uint8), np.zeros((120, 160), np.float32)
    sem[30:70, 20:50], depth[30:70, 20:50] = 60, 90.0
    boxes = MappingProxyType({"hole 1": (30, 20, 40, 30), "hole 5": (30, 100, 40, 30)})
    views = FieldView("wafer a", sem, depth, 3.0, boxes), FieldView("wafer b", sem, depth, 3.0, {})


@pytest.fixture(scope="module")
def results():
    return list(make_results())


@pytest.fixture(scope="module")
def address(tmp_path_factory, results):
    folder = tmp_path_factory.mktemp("page") / "test_latest"
    score, errors = score_results(results, LEVELS, np.stack([result.truth for result in results])), MeasurementErrors()
    errors.add(results)
    with ResultsWriter(folder, NM_PER_GREY, pixel_nm=PIXEL_NM) as writer:
        writer.add(results)
        writer.write_metrics({"score": score})
        selection = results_page.new_selection(len(results), NM_PER_GREY, PIXEL_NM)
        selection.add(results)
        facts = {"run": "run", "nm_per_grey": NM_PER_GREY, "pixel_nm": PIXEL_NM}
        figures = {"score": score, "measurement_errors": errors.summary(), "skipped": []}
        results_page.write(writer.unfinished, selection, facts, figures, fields=Fields)
    return (folder / "index.html").as_uri()


def wait_for(page, script, wanted=True):
    """Waits until a script in the page gives a value."""
    for _ in range(100):
        if page.run(script) == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"{script} is {page.run(script)!r}, not {wanted!r}")


def open_hole(page, stem):
    """Opens a hole by its address, and waits for it."""
    page.run(f"location.hash = '#hole={stem.replace(' ', '%20')}'")
    wait_for(page, "dialog.dataset.shown", stem)
    page.settle()


def put(page, name, value):
    """Gives an input or a list another value, as a user does."""
    page.run(
        f"(input => {{ input.value = '{value}'; for (const kind of ['input', 'change'])"
        f" input.dispatchEvent(new Event(kind)); }})(document.getElementById('{name}'))"
    )


def click_head(page, name):
    page.run(f"[...document.querySelectorAll('#images th button')].find(one => one.textContent === '{name}').click()")


def copied(page, button):
    """The rows of the table that a button puts on the clipboard."""
    clipboard = "{writeText: async text => { window.copied = text; }}"  # tests must not share that of the machine
    page.run(f"Object.defineProperty(navigator, 'clipboard', {{value: {clipboard}, configurable: true}}), 0")
    page.click(button)
    return list(csv.reader(io.StringIO(page.run("window.copied"))))


def saved(page, button):
    """The picture that a button saves."""
    page.run("HTMLAnchorElement.prototype.click = function () { window.saved = this.href; }, 0")
    page.click(button)
    return Image.open(io.BytesIO(b64decode(page.run("window.saved").split(",")[1]))).convert("RGB")


def canvas_place(page, view, x, y):
    """Where a pixel of a map is in the window [CSS px]."""
    page.place(f"[data-view={view}]")
    return page.run(
        f"(box => [box.x + ({x} + .5 - part.x) * part.zoom * box.width / 48,"
        f" box.y + ({y} + .5 - part.y) * part.zoom * box.height / 72])"
        f"(document.querySelector('[data-view={view}]').getBoundingClientRect())"
    )


@needs_browser
def test_rows_are_sorted_filtered_and_copied(address, results):
    names, errors = [result.stem for result in results], [-result.rmse for result in results]
    worst = [names[n] for n in np.argsort(errors)]
    with BrowserPage(address) as page:
        assert page.run(NAMES) == names
        click_head(page, "RMSE")
        assert page.run(NAMES) == worst
        click_head(page, "RMSE")
        assert (
            page.run(NAMES) == worst[::-1]
            and page.run("document.querySelectorAll('th[aria-sort=ascending]').length") == 1
        )
        put(page, "level", "150")
        assert sorted(page.run(NAMES)) == ["hole 1", "hole 5"]
        rows = copied(page, "#copy-table")
        assert rows[0][:3] == ["image", "RMSE [nm]", "depth mean [nm]"] and len(rows) == 3
        assert float(rows[1][2]) == pytest.approx(results[1].measurements["depth_mean_nm"], rel=1e-6)
        put(page, "level", "")
        put(page, "text", "E 3")
        assert page.run(NAMES) == ["hole 3"]
        put(page, "text", "")
        depths = sorted((result.measurements["depth_mean_nm"], result.stem) for result in results)
        column = page.run("page.columns.findIndex(([name]) => name === 'depth mean')")
        put(page, "column", column)
        put(page, "low", (depths[1][0] + depths[2][0]) / 2)
        put(page, "high", (depths[4][0] + depths[5][0]) / 2)
        assert sorted(page.run(NAMES)) == sorted(stem for _, stem in depths[2:5])
        put(page, "column", "")
        assert len(page.run(NAMES)) == len(results)
        put(page, "ood", "true")
        assert page.run(NAMES) == ["hole 2"] and page.run("body.querySelector('[data-ood=\"1\"]').title")
        assert not page.errors and all(request.startswith(("file:", "data:")) for request in page.requests)


@needs_browser
def test_a_hole_is_opened_and_looked_at_with_keys(address, results):
    result = results[1]
    with BrowserPage(address) as page:
        page.run("document.getElementById('text').focus()")
        for _ in range(30):
            page.press("Tab")
            if page.run("document.activeElement.matches('#images a.open')"):
                break
        page.press("ArrowDown")
        page.press("Enter")
        wait_for(page, "dialog.dataset.shown", "hole 1")
        for name, nm in (("depth", result.level - result.final), ("truth", result.level - result.truth)):
            values = page.run(f"[...layers.{name}.slice(36 * 48 + 20, 36 * 48 + 24)]")
            assert values == pytest.approx(nm[36, 20:24] * NM_PER_GREY, abs=0.06)
        error = page.run("[...layers.error.slice(36 * 48 + 20, 36 * 48 + 24)]")
        assert error == pytest.approx((result.truth - result.final)[36, 20:24] * NM_PER_GREY, abs=0.11)
        row = page.run("document.querySelector('#measurements tr').textContent")
        assert f"{result.measurements['depth_mean_nm']:.1f} ± 4.0" in row and f"{(result.level - 30) * 2}.0" in row
        page.run("document.querySelector('[data-view=depth]').focus()")
        page.press("ArrowLeft")
        reading = page.run(READINGS)
        assert "x 35.3 nmy 54.8 nmgrey 30" in reading  # column 23, row 36, from the middle of the pixel
        assert "± 3.0 nm" in reading and "predicted \u2212 true" in reading
        before = page.run("surface.toDataURL()")
        page.run("surface.focus()")
        page.press("ArrowLeft")
        assert page.run("surface.toDataURL()") != before
        page.press("Home")
        assert page.run("surface.toDataURL()") == before
        page.run("document.getElementById('hole-name').focus()")
        page.press("ArrowRight")
        wait_for(page, "dialog.dataset.shown", "hole 2")
        assert page.run("decodeURIComponent(location.hash)") == "#hole=hole 2"
        page.press("Escape")
        assert page.run("`${document.activeElement.textContent}${location.hash}`") == "hole 2" and not page.errors


@needs_browser
def test_error_has_one_sign_in_map_table_and_reading(address, results):
    """Predicted minus true: a map that is too shallow by n grey levels is below 0 everywhere."""
    with BrowserPage(address) as page:
        open_hole(page, "hole 3")
        mean = page.run("layers.error.slice(36 * 48 + 16, 36 * 48 + 32).reduce((sum, value) => sum + value) / 16")
        assert mean == pytest.approx((results[3].truth - results[3].final)[36, 16:32].mean() * NM_PER_GREY, abs=0.1)
        row = page.run(
            "[...document.querySelectorAll('#measurements tr td')].slice(0, 3).map(cell => cell.textContent)"
        )
        predicted, true, difference = (float(text.split(" ")[0].replace("\u2212", "-")) for text in row)
        assert difference == pytest.approx(predicted - true, abs=0.11)
        heads = page.run("[...document.querySelectorAll('#hole thead th')].map(head => head.textContent)")
        assert heads == ["quantity", "predicted", "ground truth", "predicted \u2212 true", "unit"]
        assert "predicted \u2212 true; above 0 too deep" in page.run("document.querySelector('.legends').textContent")


@needs_browser
def test_zoom_pan_and_the_cursor_are_the_same_on_every_map(address):
    with BrowserPage(address) as page:
        open_hole(page, "hole 1")
        place = canvas_place(page, "depth", 11, 20)
        page.hover(*place)
        assert "x 17.3 nmy 30.8 nmgrey 150" in page.run(READINGS)
        before = page.run("views.map(canvas => canvas.toDataURL())")
        page.mouse("mouseWheel", *place, deltaX=0, deltaY=-200, modifiers=2)  # with Ctrl
        page.settle()
        assert page.run("part.zoom") == pytest.approx(np.e, rel=1e-3)
        assert all(a != b for a, b in zip(before, page.run("views.map(canvas => canvas.toDataURL())"), strict=True))
        page.hover(*place)
        assert "x 17.3 nmy 30.8 nm" in page.run(READINGS)  # what is below the cursor stays there
        put(page, "drag", "pan")
        start = page.run("part.x")
        page.drag(place, (place[0] - 30, place[1]))
        assert page.run("part.x") > start
        page.click("#fit")
        assert page.run("[part.zoom, part.x, part.y]") == [1, 0, 0]
        page.run("views[0].focus()")
        page.press("+")
        page.press("ArrowRight", shift=True)
        assert page.run("part.zoom") == 1.5 and page.run("part.x") > 8
        shared, kinds = page.run("ranges.depth[1]"), page.run("views.length")
        put(page, "scale", "own")
        assert page.run("ranges.depth[1]") == pytest.approx(240, abs=2) and shared >= 300 and kinds == 5


@needs_browser
@pytest.mark.parametrize("by_key", [False, True])
def test_a_profile_along_a_line_that_the_user_draws(address, results, by_key):
    with BrowserPage(address) as page:
        open_hole(page, "hole 1")
        if by_key:
            page.run("moveCursor(20, 30), document.querySelector('[data-view=depth]').focus()")
            page.press("l")
            page.press("ArrowRight", 3)
            page.press("ArrowDown", 4)
            page.press("l")
            page.press("ArrowDown")  # the line has its end
        else:
            put(page, "drag", "line")
            page.drag(canvas_place(page, "error", 20, 30), canvas_place(page, "error", 23, 34))
        assert page.run("[line.from.x, line.from.y, line.to.x, line.to.y]") == [20, 30, 23, 34]
        profile = page.run("profileOf('line')")
        assert profile["distance"][-1] == pytest.approx(5 * PIXEL_NM) and len(profile["depth"]) == 11
        expected = (results[1].level - results[1].final)[[30, 34], [20, 23]] * NM_PER_GREY
        assert [profile["depth"][n] for n in (0, -1)] == pytest.approx(expected, abs=0.06)
        assert page.run("Object.keys(plots)") == ["x", "y", "line"]
        rows = copied(page, "#copy-profiles")
        assert rows[0] == ["cut", "distance [nm]", "SEM [grey]", "depth [nm]", "U90 [nm]", "ground truth [nm]"]
        assert len(rows) == 1 + 48 + 72 + 11 and {row[0] for row in rows[1:]} == {"x", "y", "line"}
        picture = saved(page, "#save-profiles")
        assert picture.width > 1000 and len(set(picture.getdata())) > 100 and not page.errors


@needs_browser
def test_maps_fill_the_window_and_are_saved(address):
    for width, least in ((1400, 250), (1024, 180), (400, 150)):
        with BrowserPage(address, width) as page:
            open_hole(page, "hole 1")
            assert min(page.run("views.map(canvas => canvas.clientWidth)")) > least
            picture = saved(page, "#save-maps")
            assert picture.width > 5 * least and len(set(picture.getdata())) > 20
            rows = copied(page, "#copy-measurements")
            assert rows[0][0] == "quantity" and rows[1][0] == "depth mean"


@needs_browser
def test_a_field_leads_to_its_hole_and_back(address):
    with BrowserPage(address) as page:
        wait_for(page, "document.querySelector('canvas[data-field]').width", 160)
        page.click("a.field")
        wait_for(page, "dialog.dataset.shown", "wafer a")
        assert page.run("views.filter(canvas => canvas.clientWidth).map(canvas => canvas.dataset.view)") == [
            "SEM",
            "depth",
        ]
        assert page.run("views[0].clientWidth") > 600 and page.run("layers.depth[40 * 160 + 30]") == 90
        box = page.run("(b => [b.x, b.y, b.width, b.height])(views[1].getBoundingClientRect())")
        place = box[0] + 110 / 160 * box[2], box[1] + 50 / 120 * box[3]
        page.drag(place, place)
        wait_for(page, "dialog.dataset.shown", "hole 5")
        page.click("#to-field")
        wait_for(page, "dialog.dataset.shown", "wafer a")
        page.run("document.querySelector('#boxes a').focus()")
        page.press("Enter")
        wait_for(page, "dialog.dataset.shown", "hole 1")
        open_hole(page, "hole 2")
        assert page.run("document.getElementById('to-field').hidden") and not page.errors


@needs_browser
@pytest.mark.parametrize("kind", ["mask", "scored mask", "reverse", "large"])
def test_pages_of_other_models_open_a_hole_too(tmp_path, results, kind):
    one, large = results[0], np.ones((9, 9))
    result, expected = {
        "mask": (ImageResult("a", one.input, level=140, hole_mask=one.truth < 100), ["SEM", "contour"]),
        "scored mask": (
            ImageResult("a", one.input, truth=one.truth, level=140, hole_mask=one.truth < 100),
            ["SEM", "contour", "truth"],
        ),
        "reverse": (ImageResult("a", one.truth, rendering=one.input), ["depth", "SEM"]),
        "large": (ImageResult("a", np.kron(one.input, large), np.kron(one.final, large), level=140), ["SEM", "depth"]),
    }[kind]
    selection = results_page.new_selection(1, 1.0, 0.0)
    selection.add([result])
    facts = {"run": "run", "nm_per_grey": 1.0, "pixel_nm": None}
    results_page.write(tmp_path, selection, facts, {"score": None, "measurement_errors": {}, "skipped": []})
    with BrowserPage((tmp_path / "index.html").as_uri()) as page:
        open_hole(page, "a")
        views = page.run("views.filter(canvas => canvas.clientWidth).map(canvas => canvas.dataset.view)")
        assert views == expected and page.run("Object.keys(plots)") == ([] if kind == "mask" else ["x", "y"])
        page.run("views[0].focus()")
        page.press("ArrowLeft")
        assert page.run(READINGS).startswith("x ") and page.findings() == [] and not page.errors


@needs_browser
@pytest.mark.parametrize("width", [1400, 1024, 700, 400])  # 700 is 1,400 at 200 % zoom
@pytest.mark.parametrize("dark", [False, True])
def test_every_width_and_colour_scheme_is_accessible_and_fits(address, width, dark):
    with BrowserPage(address, width, dark=dark) as page:
        assert not page.is_too_wide() and page.findings() == []
        open_hole(page, "hole 1")
        assert page.run("dialog.scrollWidth <= dialog.clientWidth") and page.findings() == []
        page.run("location.hash = '#field=wafer%20a'")
        wait_for(page, "dialog.dataset.shown", "wafer a")
        assert page.run("dialog.scrollWidth <= dialog.clientWidth") and page.findings() == []


@needs_browser
def test_print_holds_every_row_or_the_open_hole(address):
    with BrowserPage(address, height=300) as page:
        table = page.pdf()
        open_hole(page, "hole 1")
        hole = page.pdf()
        assert table.startswith(b"%PDF") and hole.startswith(b"%PDF") and table != hole
        page.emulate("print")
        shown = page.run("[...document.querySelectorAll('h1, #images, dialog')].map(part => part.checkVisibility())")
        assert shown == [False, False, True] and page.run("document.querySelector('.view-controls').clientHeight") == 0


@needs_browser
def test_ten_thousand_rows_are_sorted_filtered_and_reached_by_keys_without_delay(tmp_path):
    count = 10_000
    first = next(make_results(1))
    selection = results_page.new_selection(count, 1.0, 2.0)
    selection.add(replace(first, stem=f"{n:05d}", ood_score=(n * 7919 % count) / count) for n in range(count))
    facts = {"run": "run", "nm_per_grey": 1.0, "pixel_nm": 2.0}
    results_page.write(tmp_path, selection, facts, {"score": None, "measurement_errors": {}, "skipped": []})
    assert (tmp_path / "index.html").stat().st_size < 8e6
    with BrowserPage((tmp_path / "index.html").as_uri()) as page:
        assert page.run("[page.rows.length, body.rows.length < 100]") == [count, True]
        times = {}
        for name, act in {
            "sort": "heads.at(-1).querySelector('button').click()",
            "filter": "(input => { input.value = '99'; input.dispatchEvent(new Event('input')); })(filters[0])",
            "clear": "(input => { input.value = ''; input.dispatchEvent(new Event('input')); })(filters[0])",
        }.items():
            times[name] = page.run(
                f"(() => {{ const start = performance.now(); {act}; return performance.now() - start; }})()"
            )
        assert max(times.values()) < 500, times  # [ms], beside other programs; 20 to 60 alone
        page.run("body.querySelector('.open').focus()")
        page.press("End")
        assert page.run("document.activeElement.textContent") == "00000"  # the lowest score comes last
        page.press("ArrowUp")
        assert page.run("document.activeElement.closest('tr').ariaRowIndex") == f"{count}"
        page.press("Home")
        assert page.run("order.indexOf(+document.activeElement.closest('tr').dataset.row)") == 0
        page.run("scrollTo(0, document.body.scrollHeight / 2)")
        page.settle()
        middle = page.run("+document.elementFromPoint(300, 450).closest('tr').ariaRowIndex")
        assert 0.3 * count < middle < 0.7 * count and page.run("body.rows.length") < 100
        canvases = "[...prepared.values()].map(row => row.querySelector('canvas')).filter(canvas => canvas)"
        wait_for(page, f"prepared.size === 300 && {canvases}.every(canvas => canvas.height === 72 * 2)")
        page.run("dispatchEvent(new Event('beforeprint')), 0")
        assert page.run("body.querySelectorAll('[data-row]').length") == 1000
        page.run("dispatchEvent(new Event('afterprint')), 0")
        assert page.run("body.rows.length") < 100
