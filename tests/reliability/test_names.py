"""Names of runs and of files that try to reach outside, to run as a script, or to count as a formula."""

import csv
import re
import shutil
import urllib.parse

import numpy as np
import pytest

from data.simulate import main as simulate
from tests.browser import content, needs_browser
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, finished
from util.results.image_result import ImageResult
from util.results.results_writer import ResultsWriter

HOSTILE = (
    "../../x", "..", ".", "/tmp/absolute", "a/../../b", "a\\b", "x" * 300, "-rf", "--help", "", " ", "a\0b", "a\nb",
    "a\tb", "a\rb", "a\x1b[31mred", "\u202etxt.exe", "a\u2028b", "\ud800", "C:\\x", "~root", "$HOME", "`id`",
    "$(touch x)", "a;touch x", "a|b", "a&b", "*", "?", "[a]", "{a,b}", "#%?", "%2e%2e%2fx", "a%00b",
    "<img src=x onerror=boom()>", "<script>boom()</script>",
    "\"><svg onload=boom()>", "'-boom()-'", "javascript:boom()", "&lt;b&gt;", "=cmd()",
    "+1+1", "@SUM(A1)", "=HYPERLINK(\"x\")", "a,b", "a\"b", "a'b", "con", "nul.txt", "\u0430dmin",
    "e\u0301\u0302\u0303",
)  # fmt: skip
LOOK = """<script>{
const say = (name, value) => document.body.insertAdjacentHTML('beforeend', `<pre>${name}=${value}</pre>`);
addEventListener('load', () => {
  document.querySelectorAll('img').forEach(image => image.loading = 'eager');
  setTimeout(() => {
    say('pictures', document.images.length);
    say('broken', [...document.images].filter(image => !image.naturalWidth).length);
    say('links', [...document.querySelectorAll('a')].map(a => a.href).filter(h => !h.startsWith('file:')).length);
  }, 1500);
});
}</script>"""
GUARD = "<script>window.boom = () => document.documentElement.setAttribute('data-boom', '1')</script>"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("names")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "4"]) == 0
    code, said = finished("train", arguments(place, "good"), place)
    assert code == 0, said
    return place


def arguments(place, name):
    where = ["--dataroot", place / "sem", "--checkpoints_dir", place / "checkpoints", "--name", name]
    return [*where, *TINY.split(), *SHORT.split(), "--n_epochs", "1", "--display_freq", "2"]


def everything(folder):
    return {path for path in folder.rglob("*") if path.suffix != ".log" and ".semdepth_cache" not in str(path)}


@pytest.mark.slow
@promise(
    "Hostile names of runs: one line, or a run whose files lie in its folder and whose page runs no script", 10, 51
)
def test_a_run_of_any_name_stays_in_its_folder(place, tmp_path, count):
    shutil.copytree(place / "sem", tmp_path / "sem")
    (tmp_path / "checkpoints").mkdir()
    before = everything(tmp_path)
    for name in HOSTILE[:: len(HOSTILE) // count][:count]:
        code, said = finished("train", arguments(tmp_path, f"{name}"), place)
        assert code in (0, 2) and "Traceback" not in said, f"{name!r}: {said}"
        folder = tmp_path / "checkpoints" / name if code == 0 else None
        new = everything(tmp_path) - before
        if folder is None or name == "--help":
            assert not new, name
            continue
        assert folder.parent == tmp_path / "checkpoints" and folder.is_dir()
        assert all(path == folder or folder in path.parents for path in new), name
        look_at(folder / "web/index.html")
        shutil.rmtree(folder)


def look_at(page):
    """The page in a browser: it runs no script of ours or theirs but its own, and every picture loads."""
    from tests.browser import PROGRAM

    if PROGRAM is None:
        return
    html = page.read_text()
    page.write_text(html.replace("<head>", f"<head>{GUARD}", 1).replace("</body>", f"{LOOK}</body>"))
    found = content(f"file://{urllib.parse.quote(str(page))}", 4000)
    page.write_text(html)
    assert "data-boom" not in found.replace(GUARD, "")
    assert re.search(r"<pre>pictures=[1-9]", found) and "<pre>broken=0</pre>" in found and "<pre>links=0</pre>" in found


@needs_browser
@pytest.mark.slow
@promise(
    "Hostile names of test images: maps in the results folder, pages inert, pictures load, CSV cells are text", 41, 41
)
def test_images_of_any_name_are_predicted(place, tmp_path, count):
    images = sorted((place / "sem/test/SEM").iterdir())
    names = [
        name
        for name in HOSTILE
        if 0 < len(name) < 200 and not {"/", "\0"} & set(name) and name not in (".", "..", "\ud800")
    ]
    names = [name for name in names if not name.startswith(".")]
    assert len(names) == count
    (tmp_path / "sem").mkdir()
    for name in names:
        shutil.copy(images[0], tmp_path / "sem" / f"{name}.png")
    shutil.copy(images[0], bytes(tmp_path / "sem") + b"/\xff\xfe.png")
    before = everything(tmp_path)
    flags = ["--dataroot", tmp_path / "sem", "--checkpoints_dir", place / "checkpoints", "--name", "good"]
    code, said = finished("test", [*flags, "--results_dir", tmp_path / "results"], place)
    assert code == 1 and "Traceback" not in said, said
    assert "\\udcff\\udcfe.png: the name is too long or not UTF-8" in said, said
    folder = tmp_path / "results/good/test_latest"
    assert all(tmp_path / "results" in (path, *path.parents) for path in everything(tmp_path) - before)
    assert {path.stem for path in (folder / "depth").iterdir()} == {*names}
    look_at(folder / "index.html")


@promise("Names of test images that are formulas, in background_levels.csv: text", 4, 4)
def test_cells_are_text(tmp_path, count):
    names, image = ["=cmd()", "+1+1", "@SUM(A1)", "-2+3"], np.zeros((16, 16))
    assert len(names) == count
    with ResultsWriter(tmp_path / "results", 1.0, (140,)) as writer:
        writer.add(ImageResult(name, image, level=140, level_probs=np.ones(1)) for name in names)
        writer.write_metrics({})
    with (tmp_path / "results/background_levels.csv").open(newline="") as file:
        assert [row["image"] for row in csv.DictReader(file)] == [f"'{name}" for name in names]
