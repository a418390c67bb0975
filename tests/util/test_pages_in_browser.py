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
SAY = "const say = (name, value) => document.body.insertAdjacentHTML('beforeend', `<pre>${name}=${value}</pre>`);"
LOOK = """
const seen = () => [...document.querySelectorAll('#images tbody tr')].filter(row => row.offsetParent !== null)
  .map(row => row.querySelector('a').textContent);
const heads = [...document.querySelectorAll('#images th button')];
const click = name => heads.find(button => button.textContent === name).click();
const put = (name, value) => {
  const one = document.getElementById(name); one.value = value; one.dispatchEvent(new Event('input'));
};
say('first', seen()); click('RMSE'); say('worst', seen()); click('RMSE'); say('best', seen());
say('sorted', document.querySelectorAll('th[aria-sort=ascending]').length);
put('level', '150'); say('level', seen()); put('level', '');
put('text', 'E 3'); say('text', seen()); put('text', '');
put('known', '1'); say('outside', seen());
say('broken', [...document.images].filter(image => !image.naturalWidth).length);
say('wide', document.documentElement.scrollWidth > innerWidth);
"""
OPENED = """
const wait = () => new Promise(done => setTimeout(done, 300));
const press = (key, on = dialog) => on.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
(async () => {
  await wait(); await wait();
  say('shown', dialog.dataset.shown); say('depths', [...layers.depth.slice(36 * 48 + 20, 36 * 48 + 24)]);
  say('errors', [...layers.error.slice(36 * 48 + 20, 36 * 48 + 24)]); say('half', [...layers.interval.slice(0, 2)]);
  say('rows', [...document.querySelectorAll('#measures tr')][0].textContent);
  const map = document.querySelector('[data-view=depth]');
  press('ArrowLeft', map); say('moved', document.getElementById('reading').textContent);
  say('lines', document.querySelectorAll('svg polyline').length + document.querySelectorAll('svg polygon').length);
  const dots = () => surface.toDataURL(), before = dots();
  press('ArrowLeft', surface); say('turned', dots() !== before); press('Home', surface); say('back', dots() === before);
  press('ArrowRight'); await wait();
  say('next', dialog.dataset.shown); say('address', decodeURIComponent(location.hash));
  dialog.dispatchEvent(new Event('cancel', {cancelable: true}));  // as Esc does
  say('closed', `${document.activeElement.textContent}${location.hash}`);
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
        said = [{name: float(one[0]) for name, one in measure_holes(one, 1.5).items()} for one in depth_nm]
        one = ImageResult(f"hole {n}", truth, depth, depth, truth, LEVELS[n % 4], depth_u90=np.full(truth.shape, 1.5))
        one = replace(one, strange=1.5 if n == 2 else 0.5, floor=np.array([100.0, 2.0]))
        results.append(replace(one, measures=said[0] | {"depth_mean_u90_nm": 4.0}, true_measures=said[1]))
    scored, errors = score_results(results, LEVELS, np.stack([one.truth for one in results])), MeasurementErrors()
    errors.add(results)
    with ResultsWriter(folder, 2.0, pixel_nm=1.5) as writer:
        writer.write(results)
        writer.write_metrics({"score": scored})
        sample = ResultSelection(len(results))
        sample.add(results)
        results_page.write(writer.unfinished, sample, "run", scored, [], 2.0, 1.5, errors.summary())
    return results


def looked_at(folder, script, address=""):
    """What a script says that runs in the page, behind the page's own."""
    page = folder / "index.html"
    text = page.read_text()
    at = text.rindex("}</script>")
    page.write_text(f"{text[:at]}{SAY}{script}{text[at:]}")
    said = dict(re.findall(r"<pre>(\w+)=(.*?)</pre>", content(page.as_uri() + address), re.S))
    page.write_text(text)
    return said


@needs_browser
def test_rows_are_sorted_and_filtered_and_every_picture_loads(tmp_path):
    results = write(tmp_path / "test_latest")
    found = {name: said.split(",") for name, said in looked_at(tmp_path / "test_latest", LOOK).items()}
    names, errors = [one.stem for one in results], [-one.rmse for one in results]
    worst = [names[n] for n in np.argsort(errors)]
    assert found["first"] == names
    assert found["worst"] == worst and found["best"] == worst[::-1] and found["sorted"] == ["1"]
    assert sorted(found["level"]) == ["hole 1", "hole 5"]
    assert found["text"] == ["hole 3"] and found["outside"] == ["hole 2"]
    assert found["broken"] == ["0"] and found["wide"] == ["false"]


@needs_browser
def test_a_hole_is_opened_by_its_address_and_looked_at_with_keys(tmp_path):
    one = write(tmp_path / "test_latest")[1]
    said = looked_at(tmp_path / "test_latest", OPENED, "#hole=hole%201")
    depth, truth = ((one.level - maps[36, 20:24]) * 2 for maps in (one.final, one.truth))
    assert said["shown"] == "hole 1" and said["next"] == "hole 2" and said["address"] == "#hole=hole 2"
    assert [float(text) for text in said["depths"].split(",")] == pytest.approx(depth, abs=0.06)
    assert [float(text) for text in said["errors"].split(",")] == pytest.approx(depth - truth, abs=0.11)
    assert [float(text) for text in said["half"].split(",")] == pytest.approx([3, 3])
    assert f"{one.measures['depth_mean_nm']:.1f} ± 4.0" in said["rows"] and f"{(one.level - 30) * 2}.0" in said["rows"]
    assert "at 35, 55 nm" in said["moved"]  # column 23, row 36, from the middle of the pixel
    assert said["lines"] == "6" and said["turned"] == said["back"] == "true" and said["closed"] == "hole 2"
