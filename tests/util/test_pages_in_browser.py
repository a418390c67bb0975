"""The page of a test in a real browser: sorted by error, filtered by level, every picture loaded."""

import re

import numpy as np

from tests.browser import content, needs_browser
from tests.util.scored import score
from util import results_page
from util.result import Result
from util.results_writer import ResultsWriter
from util.sample import Sample

LEVELS = (140, 150, 160, 170)
LOOK = """
<script>{
const seen = () => [...document.querySelectorAll('#images tbody tr')].filter(row => row.offsetParent !== null)
  .map(row => row.querySelector('a').textContent);
const heads = [...document.querySelectorAll('#images th button')];
const click = name => heads.find(button => button.textContent === name).click();
const say = (name, value) => document.body.insertAdjacentHTML('beforeend', `<pre>${name}=${value}</pre>`);
say('first', seen()); click('RMSE'); say('worst', seen()); click('RMSE'); say('best', seen());
const level = document.querySelector('#level'); level.value = '150'; level.onchange(); say('level', seen());
addEventListener('load', () => {
  document.querySelectorAll('img').forEach(image => image.loading = 'eager');
  setTimeout(() => say('broken', [...document.images].filter(image => !image.naturalWidth).length), 1500);
});
}</script>"""


def write(folder, count=8):
    rng = np.random.default_rng(0)
    results = []
    for n in range(count):
        truth = np.full((72, 48), float(LEVELS[n % 4]))
        truth[20:50, 12:36] = 30
        depth = truth + (n * 3 % count) + rng.normal(size=truth.shape) / 10
        results.append(Result(f"hole {n}", truth, depth, depth, truth, LEVELS[n % 4]))
    truth, depth = (np.stack([getattr(one, name) for one in results]) for name in ("truth", "depth"))
    scored = score(truth, depth, depth, None, np.array([one.level for one in results]), LEVELS, truth)
    with ResultsWriter(folder, 1.0) as writer:
        writer.write(results)
        writer.write_metrics({"score": scored})
        sample = Sample(len(results))
        sample.add(results)
        results_page.write(writer.unfinished, sample, "run", scored, [])
    return results


@needs_browser
def test_rows_are_sorted_and_filtered_and_every_picture_loads(tmp_path):
    results = write(tmp_path / "test_latest")
    page = tmp_path / "test_latest/index.html"
    page.write_text(page.read_text().replace("</body>", f"{LOOK}</body>"))
    said = dict(re.findall(r"<pre>(\w+)=(.*?)</pre>", content(page.as_uri())))
    found = {key: value.split(",") for key, value in said.items()}
    names, errors = [one.stem for one in results], [-one.rmse for one in results]
    worst = [names[n] for n in np.argsort(errors)]
    assert found["first"] == names
    assert found["worst"] == worst and found["best"] == worst[::-1]
    assert sorted(found["level"]) == ["hole 1", "hole 5"]
    assert found["broken"] == ["0"]
