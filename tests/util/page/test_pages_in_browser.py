"""The page of a test in a real browser: sorted, filtered, every picture loaded, a hole opened and looked at."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.browser import content, needs_browser
from tests.util.scored import score_results
from util.metrology.hole_measurement import measure_holes
from util.page import results_page
from util.results.image_result import ImageResult
from util.results.results_writer import ResultsWriter
from util.scoring.measurement_errors import MeasurementErrors
from util.scoring.result_selection import ResultSelection

LEVELS = (140, 150, 160, 170)
REPORT = "const report = (name, value) => document.body.insertAdjacentHTML('beforeend', `<pre>${name}=${value}</pre>`);"
TABLE_SCRIPT = """
const shownNames = () => [...document.querySelectorAll('#images tbody tr')].filter(row => row.offsetParent !== null)
  .map(row => row.querySelector('a').textContent);
const heads = [...document.querySelectorAll('#images th button')];
const click = name => heads.find(button => button.textContent === name).click();
const put = (name, value) => {
  const input = document.getElementById(name); input.value = value; input.dispatchEvent(new Event('input'));
};
report('first', shownNames());
click('RMSE'); report('worst', shownNames()); click('RMSE'); report('best', shownNames());
report('sorted', document.querySelectorAll('th[aria-sort=ascending]').length);
put('level', '150'); report('level', shownNames()); put('level', '');
put('text', 'E 3'); report('text', shownNames()); put('text', '');
put('ood', '1'); report('ood', shownNames());
report('broken', [...document.images].filter(image => !image.naturalWidth).length);
report('wide', document.documentElement.scrollWidth > innerWidth);
"""
HOLE_SCRIPT = """
const shown = async stem => {
  while (dialog.dataset.shown !== stem) await new Promise(done => setTimeout(done, 50));
};
const press = (key, on = dialog) => on.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
(async () => {
  await shown('hole 1');
  report('shown', dialog.dataset.shown); report('depths', [...layers.depth.slice(36 * 48 + 20, 36 * 48 + 24)]);
  report('errors', [...layers.error.slice(36 * 48 + 20, 36 * 48 + 24)]); report('u90', [...layers.u90.slice(0, 2)]);
  report('rows', [...document.querySelectorAll('#measurements tr')][0].textContent);
  const map = document.querySelector('[data-view=depth]');
  press('ArrowLeft', map); report('moved', document.getElementById('readings').textContent);
  report('lines', document.querySelectorAll('svg polyline').length + document.querySelectorAll('svg polygon').length);
  const dots = () => surface.toDataURL(), before = dots();
  press('ArrowLeft', surface); report('turned', dots() !== before);
  press('Home', surface); report('back', dots() === before);
  press('ArrowRight'); await shown('hole 2');
  report('next', dialog.dataset.shown); report('address', decodeURIComponent(location.hash));
  dialog.dispatchEvent(new Event('cancel', {cancelable: true}));  // as Esc does
  report('closed', `${document.activeElement.textContent}${location.hash}`);
})();
"""


def write(folder, count=8):
    rng = np.random.default_rng(0)
    results = []
    for n in range(count):
        truth = np.full((72, 48), float(LEVELS[n % 4]))
        truth[20:50, 12:36] = 30
        depth = truth + (n * 3 % count) + rng.normal(size=truth.shape) / 10
        depth_nm = [(maps.max() - maps)[None] * 2 for maps in (depth, truth)]
        measurements, true_measurements = (
            {name: float(values[0]) for name, values in measure_holes(maps, 1.5).items()} for maps in depth_nm
        )
        result = ImageResult(f"hole {n}", truth, depth, depth, truth=truth, level=LEVELS[n % 4])
        result = replace(result, depth_u90=np.full(truth.shape, 1.5), floor_depth=np.array([100.0, 2.0]))
        result = replace(result, ood_score=1.5 if n == 2 else 0.5, true_measurements=true_measurements)
        results.append(replace(result, measurements=measurements | {"depth_mean_u90_nm": 4.0}))
    score, errors = score_results(results, LEVELS, np.stack([result.truth for result in results])), MeasurementErrors()
    errors.add(results)
    with ResultsWriter(folder, 2.0, pixel_nm=1.5) as writer:
        writer.add(results)
        writer.write_metrics({"score": score})
        selection = ResultSelection(len(results))
        selection.add(results)
        facts = {"run": "run", "nm_per_grey": 2.0, "pixel_nm": 1.5}
        figures = {"score": score, "measurement_errors": errors.summary(), "skipped": []}
        results_page.write(writer.unfinished, selection, facts, figures)
    return results


def run_script(folder, script, address=""):
    """What a script reports that runs in the page, after the page's own."""
    page = folder / "index.html"
    text = page.read_text()
    end = text.rindex("}</script>")
    page.write_text(f"{text[:end]}{REPORT}{script}{text[end:]}")
    reported = dict(re.findall(r"<pre>(\w+)=(.*?)</pre>", content(page.as_uri() + address), re.S))
    page.write_text(text)
    return reported


@needs_browser
def test_rows_are_sorted_and_filtered_and_every_picture_loads(tmp_path):
    results = write(tmp_path / "test_latest")
    reported = {name: text.split(",") for name, text in run_script(tmp_path / "test_latest", TABLE_SCRIPT).items()}
    names, errors = [result.stem for result in results], [-result.rmse for result in results]
    worst = [names[n] for n in np.argsort(errors)]
    assert reported["first"] == names
    assert reported["worst"] == worst and reported["best"] == worst[::-1] and reported["sorted"] == ["1"]
    assert sorted(reported["level"]) == ["hole 1", "hole 5"]
    assert reported["text"] == ["hole 3"] and reported["ood"] == ["hole 2"]
    assert reported["broken"] == ["0"] and reported["wide"] == ["false"]


@needs_browser
def test_a_hole_is_opened_by_its_address_and_looked_at_with_keys(tmp_path):
    result = write(tmp_path / "test_latest")[1]
    reported = run_script(tmp_path / "test_latest", HOLE_SCRIPT, "#hole=hole%201")
    depth, truth = ((result.level - maps[36, 20:24]) * 2 for maps in (result.final, result.truth))
    assert reported["shown"] == "hole 1" and reported["next"] == "hole 2" and reported["address"] == "#hole=hole 2"
    assert [float(text) for text in reported["depths"].split(",")] == pytest.approx(depth, abs=0.06)
    assert [float(text) for text in reported["errors"].split(",")] == pytest.approx(depth - truth, abs=0.11)
    assert [float(text) for text in reported["u90"].split(",")] == pytest.approx([3, 3])
    assert f"{result.measurements['depth_mean_nm']:.1f} ± 4.0" in reported["rows"]
    assert f"{(result.level - 30) * 2}.0" in reported["rows"]
    assert "at 35, 55 nm" in reported["moved"]  # column 23, row 36, from the middle of the pixel
    assert reported["lines"] == "6" and reported["turned"] == reported["back"] == "true"
    assert reported["closed"] == "hole 2"
