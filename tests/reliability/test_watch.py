"""A watch predicts every file once, whatever the files are and whenever it is killed."""

import csv
import io
import json
import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.simulate import main as simulate
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, Run, finished


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("watched")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "40"]) == 0
    where = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--name", "run"]
    code, output = finished("train", [*where, *TINY.split(), *SHORT.split(), "--n_epochs", "1"], place)
    assert code == 0, output
    return place


@pytest.fixture
def images(place):
    """The contents of 40 different images."""
    return [path.read_bytes() for path in sorted((place / "sem/test/SEM").rglob("*.png"))]


class Watched:
    """A folder, and the watch that predicts its images."""

    def __init__(self, place, tmp_path, *flags):
        self.folder, self.place, self.tmp_path = tmp_path / "in", place, tmp_path
        self.results = tmp_path / "results/run/test_latest"
        self.flags = ["--name", "run", "--checkpoints_dir", place, "--results_dir", tmp_path / "results"]
        self.flags += ["--watch", self.folder, "--gpu_ids", "-1", *flags]
        self.folder.mkdir()

    def start(self):
        return Run("test", self.flags, self.tmp_path)

    def put(self, name, content):
        """As a tool does that renames a file once it is whole."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".{path.name}").write_bytes(content)
        path.with_name(f".{path.name}").rename(path)

    def rows(self):
        path = self.results / "holes.csv"
        return list(csv.DictReader(path.open())) if path.exists() else []

    def wait_for(self, run, count, limit=60):
        deadline = time.monotonic() + limit
        while len(self.rows()) < count:
            assert run.process.is_alive() and time.monotonic() < deadline, (len(self.rows()), run.said)
            time.sleep(0.01)

    def check(self, stems):
        """Every image has one row in each table, one entry in the journal, and whole maps."""
        lines = [json.loads(line) for line in (self.results / "watch.jsonl").read_text().splitlines()]
        entries = [stem for line in lines for stem in line.get("images", ())]
        tables = [[row["image"] for row in self.rows()]]
        assert all(sorted(names) == sorted(stems) for names in (entries, *tables)), (entries, tables)
        for stem in stems:
            Image.open(self.results / f"depth/{stem}.png").load()
            assert Image.open(self.results / f"depth_nm/{stem}.tiff").size == (48, 72)


def stop(run, signum=signal.SIGINT):
    run.send(signum)
    code = run.wait()
    assert code == 128 + signum and "Traceback" not in run.said, run.said


def test_rows_are_those_of_a_test_and_come_soon(place, images, tmp_path):
    watched = Watched(place, tmp_path, "--pixel_nm", "2.08")
    plain = tmp_path / "plain"
    plain.mkdir()
    with watched.start() as run:
        assert run.wait_for("watching")
        for n, content in enumerate(images[:12]):
            watched.put(f"{n:03d}.png", content)
            (plain / f"{n:03d}.png").write_bytes(content)
            if n % 3 == 0:
                watched.wait_for(run, n + 1)
        watched.wait_for(run, 12)
        stop(run)
    watched.check([f"{n:03d}" for n in range(12)])
    flags = [*watched.flags[:4], "--results_dir", tmp_path / "plain_results", "--dataroot", plain, "--pixel_nm", "2.08"]
    assert finished("test", [*flags, "--gpu_ids", "-1"], tmp_path)[0] == 0
    other = tmp_path / "plain_results/run/test_latest"
    assert sorted(watched.rows(), key=lambda row: row["image"]) == list(csv.DictReader((other / "holes.csv").open()))
    for path in other.glob("depth*/*"):
        assert (watched.results / path.relative_to(other)).read_bytes() == path.read_bytes()
    metrics = json.loads((watched.results / "metrics.json").read_text())
    assert metrics["images"] == 12 and metrics["dataroot"] == str(watched.folder) and metrics["skipped"] == []
    assert "011" in (watched.results / "index.html").read_text()


def test_a_restart_goes_on_and_its_page_shows_all(place, images, tmp_path):
    watched = Watched(place, tmp_path)
    for n in range(3):
        watched.put(f"{n}.png", images[n])
    with watched.start() as run:
        watched.wait_for(run, 3)
        stop(run, signal.SIGTERM)
    watched.put("3.png", images[3])
    before = watched.rows()
    with watched.start() as run:
        watched.wait_for(run, 4)
        assert "3 images there" in run.said, run.said
        stop(run)
    assert watched.rows()[:3] == before
    watched.check(["0", "1", "2", "3"])
    assert json.loads((watched.results / "metrics.json").read_text())["images"] == 4
    page = (watched.results / "index.html").read_text()
    assert all(f'"{n}"' in page or f">{n}<" in page for n in range(4))


def test_problems_are_named_once(place, images, tmp_path):
    watched = Watched(place, tmp_path)
    watched.put("a.png", images[0])
    with watched.start() as run:
        watched.wait_for(run, 1)
        watched.put("copy.png", images[0])
        (watched.folder / "a.png").rename(watched.folder / "renamed.png")
        watched.put("A.bmp", images[1])
        watched.put("cut.png", images[2][:200])
        watched.put("junk.tif", b"no image")
        watched.put("site_01/a.png", images[3])  # another sub-folder, another name of the results
        for text in ("cut.png: damaged or cut short", "junk.tif: not an image", "copy.png: the same image as a.png"):
            assert run.wait_for(text), run.said
        assert run.wait_for("renamed.png: the same image as a.png") and run.wait_for("overwrite those of a.png")
        watched.wait_for(run, 2)
        for _ in range(3):
            (watched.folder / "site_01/a.png").write_bytes(images[4])  # in place, which no list of names shows
            assert run.wait_for("site_01/a.png: changed after it was predicted"), run.said
        time.sleep(0.5)
        stop(run)
        problems = [line for line in run.said.splitlines() if line.startswith("test.py: ")]
        assert len(problems) == 6, problems
    watched.check(["a", "site_01_a"])
    assert [row["site"] for row in watched.rows()] == ["", "site_01"]
    assert len(json.loads((watched.results / "metrics.json").read_text())["skipped"]) == 6
    with watched.start() as run:
        assert run.wait_for("watching")
        watched.put("cut.png", images[2])  # mended
        watched.wait_for(run, 3)
        stop(run)
        assert not [line for line in run.said.splitlines() if line.startswith("test.py: ")], run.said
    watched.check(["a", "site_01_a", "cut"])
    assert len(json.loads((watched.results / "metrics.json").read_text())["skipped"]) == 5


def test_files_that_are_written_slowly_are_predicted_whole(place, images, tmp_path):
    watched, suffixes = Watched(place, tmp_path), ("png", "tif", "bmp", "npy", "jpg", "webp")
    contents = {}
    for n, suffix in enumerate(suffixes):
        file = io.BytesIO()
        array = np.asarray(Image.open(io.BytesIO(images[n])).convert("L"))
        if suffix == "npy":
            np.save(file, array)
        else:
            Image.fromarray(array).save(file, {"tif": "tiff", "jpg": "jpeg"}.get(suffix, suffix), lossless=True)
        contents[f"{n}.{suffix}"] = file.getvalue()
    with watched.start() as run:
        assert run.wait_for("watching")
        for part in range(8):  # far longer between two parts than a file must be quiet
            for name, content in contents.items():
                with (watched.folder / name).open("ab") as file:
                    file.write(content[len(content) * part // 8 : len(content) * (part + 1) // 8])
            time.sleep(0.3)
        watched.wait_for(run, len(suffixes))
        stop(run)
        assert "test.py: " not in run.said, run.said
    watched.check([str(n) for n in range(len(suffixes))])


def test_other_weights_or_options_do_not_mix(place, images, tmp_path):
    watched = Watched(place, tmp_path)
    watched.put("a.png", images[0])
    with watched.start() as run:
        watched.wait_for(run, 1)
        stop(run)
    before = {path: path.read_bytes() for path in watched.results.rglob("*") if path.is_file()}
    code, output = finished("test", [*watched.flags, "--nm_per_grey", "2"], tmp_path)
    assert code == 2 and "holds the results of another watch (options {}, now {'nm_per_grey': 2.0})" in output, output
    assert {path: path.read_bytes() for path in watched.results.rglob("*") if path.is_file()} == before
    plain = [*watched.flags[: watched.flags.index("--watch")], "--dataroot", watched.folder, "--gpu_ids", "-1"]
    code, output = finished("test", plain, tmp_path)
    assert code == 2 and "holds the results of --watch, whose images may be gone" in output, output
    assert {path: path.read_bytes() for path in watched.results.rglob("*") if path.is_file()} == before
    with Run("test", [*watched.flags, "--nm_per_grey", "2", "--overwrite"], tmp_path) as run:
        assert run.wait_for("watching")
        watched.wait_for(run, 1)
        stop(run)
    watched.check(["a"])
    assert finished("test", [*plain, "--overwrite"], tmp_path)[0] == 0
    assert not (watched.results / "watch.jsonl").exists() and (watched.results / "submission.zip").exists()
    (watched.results / "mine.txt").write_text("a note")
    with watched.start() as run:  # a watch replaces the results of a test, and keeps what somebody put there
        assert run.wait_for("watching")
        watched.wait_for(run, 1)
        stop(run)
    watched.check(["a"])
    assert not (watched.results / "submission.zip").exists() and (watched.results / "mine.txt").exists()


def test_a_data_set_is_not_watched(place, tmp_path):
    flags = Watched(place, tmp_path).flags
    flags[flags.index("--watch") + 1] = place / "sem"
    code, output = finished("test", flags, tmp_path)
    assert code == 2 and "sem: a data set, not a folder of SEM images; watch its folder of test images" in output


def test_without_an_image_nothing_but_a_line(place, tmp_path):
    watched = Watched(place, tmp_path)
    with watched.start() as run:
        assert run.wait_for("watching")
        stop(run)
        assert "no image came" in run.said
    assert not (watched.results / "index.html").exists()


@pytest.mark.slow
@promise("SIGKILL of test.py --watch at a random moment, while files come: no row is lost or doubled", 8, 1000)
def test_a_killed_watch_loses_and_doubles_nothing(place, images, tmp_path, count):
    rng, kills, chain = random.Random(7), 0, 0
    while kills < count:
        chain += 1
        (tmp_path / str(chain)).mkdir()
        watched, n = Watched(place, tmp_path / str(chain)), 0
        while kills < count and n < len(images):
            with watched.start() as run:
                run.wait_for("watching") if rng.random() < 0.8 else time.sleep(rng.uniform(0, 0.5))
                for _ in range(rng.randrange(4)):
                    if n < len(images):
                        watched.put(f"{n:03d}.png", images[n])
                        n += 1
                        time.sleep(rng.choice((0, 0, rng.uniform(0, 0.2))))
                time.sleep(rng.uniform(0, 0.3))
                run.send(signal.SIGKILL)
                kills += 1
                run.process.join()
            names = [row["image"] for row in watched.rows()]
            assert len(set(names)) == len(names) and None not in names
        with watched.start() as run:
            assert run.wait_for("watching"), run.said
            watched.wait_for(run, n)
            stop(run)
        watched.check([f"{number:03d}" for number in range(n)])
        assert {path.name for path in watched.results.parent.iterdir()} == {"test_latest", ".test_latest.lock"}
        shutil.rmtree(tmp_path / str(chain))


def memory_mb(process):
    """The resident memory of a process [MB]."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.slow
@promise("Files predicted by test.py --watch, tiny ones: its memory grows by less than 20 MB", 400, 86_400)
def test_memory_does_not_grow_with_the_files(place, tmp_path, count):
    watched, rng = Watched(place, tmp_path), np.random.default_rng(0)
    n_rows, n, before = 0, 0, 0.0
    with watched.start() as run:
        assert run.wait_for("watching")
        deadline = time.monotonic() + 60 + count
        while not (watched.results / "holes.csv").exists() or n_rows < count:
            assert run.process.is_alive() and time.monotonic() < deadline, (n_rows, run.said)
            while n < min(count, n_rows + 200):
                file = io.BytesIO()
                Image.fromarray(rng.integers(0, 200, (16, 16), np.uint8)).save(file, "png")
                watched.put(f"{n:06d}.png", file.getvalue())
                n += 1
            time.sleep(0.05)
            if (watched.results / "holes.csv").exists():
                n_rows = sum(1 for _ in (watched.results / "holes.csv").open()) - 1
            if not before and n_rows >= count // 2:  # the page's images are there
                before = memory_mb(run.process)
        assert memory_mb(run.process) - before < 20
        stop(run)
    names = [row["image"] for row in watched.rows()]
    assert len(names) == len(set(names)) == count
