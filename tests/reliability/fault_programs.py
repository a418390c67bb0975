"""The programs whose disk is made to fail: what was there before, how each is called, what a reader then sees."""

import csv
import hashlib
import json
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tests.reliability.runs import TINY, Run
from util.record.chain import Chain, verify
from util.run import checkpoint

TRAINING = "--batch_size 4 --n_epochs_decay 0 --print_freq 1 --save_latest_freq 1000 --save_epoch_freq 1"
SIMULATED = ["--num_shapes", "1", "--num_real", "4", "--num_test", "1", "--size", "32,32"]
State = dict[str, Any]


class Program(NamedTuple):
    """A program under test, which works in the folder `place` beside the inputs in `inputs`.

    `before(inputs, place)` makes what is there before; `call(inputs, place)` gives the module and its arguments;
    `state(place)` gives what a reader sees: of each unit, which is whole or not there, a value that tells old from new.
    `until(place)` says when a program is told to end that does not end by itself.
    """

    name: str
    before: Callable[[Path, Path], object]
    call: Callable[[Path, Path], tuple[str, list]]
    state: Callable[[Path], State]
    with_sqlite: bool = False
    until: Callable[[Path], bool] | None = None


def digest(folder: Path, patterns: tuple[str, ...] = ("*",)) -> str:
    """SHA-256 of names and contents of the files below a folder; empty without a folder."""
    files = sorted({path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()})
    content = hashlib.sha256()
    for path in files:
        content.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return content.hexdigest() if files else ""


def simulate_call(_: Path, place: Path) -> tuple[str, list]:
    return "data.simulate", ["--dataroot", place / "sem", *SIMULATED]


def simulate_state(place: Path) -> State:
    return {"data set": digest(place / "sem")}


def train_call(epochs: int):
    def call(inputs: Path, place: Path) -> tuple[str, list]:
        where = ["--dataroot", inputs / "sem", "--checkpoints_dir", place, "--name", "run", "--continue_train"]
        return "train", [*where, *TINY.split(), *TRAINING.split(), "--n_epochs", epochs]

    return call


def train_state(place: Path) -> State:
    """The weights and the epoch of the latest save, which a reader completes first."""
    run = place / "run"
    if (run / checkpoint.JOURNAL).exists():
        checkpoint.require(run, "latest")
    files = sorted(run.glob("latest_net_*.pth"))
    if not files:
        return {}
    assert len(files) == 4, files
    weights = [torch.load(path, weights_only=True) for path in files]
    values = [value.double().sum().item() for network in weights for value in network.values()]
    assert json.loads((run / "opt.json").read_text())["model"] == "cycle_gan"
    return {"checkpoint": (checkpoint.load_state(run)["position"]["epoch"], values)}


def copy_run(inputs: Path, place: Path) -> None:
    shutil.copytree(inputs / "runs", place, dirs_exist_ok=True)


def copy_results(inputs: Path, place: Path) -> None:
    shutil.copytree(inputs / "results", place / "results")


def test_call(inputs: Path, place: Path) -> tuple[str, list]:
    where = ["--dataroot", inputs / "sem", "--checkpoints_dir", inputs / "runs", "--name", "run", "--gpu_ids", "-1"]
    return "test", [*where, "--results_dir", place / "results", "--nm_per_grey", "2", "--export", "gwy"]


def test_state(place: Path) -> State:
    folder = place / "results/run/test_latest"
    if not folder.exists():
        folder = folder.with_name(".test_latest.before")
    if (folder / "index.html").exists():
        assert json.loads((folder / "metrics.json").read_text())["images"] == 1
    return {"results": digest(folder, ("*.csv", "*.png", "*.tiff", "*.zip", "*.gwy"))}


def watch_before(inputs: Path, place: Path) -> None:
    (place / "in").mkdir(parents=True)
    for path in (inputs / "sem/train/SEM").rglob("*.png"):
        shutil.copy(path, place / "in")


def watch_call(inputs: Path, place: Path) -> tuple[str, list]:
    where = ["--checkpoints_dir", inputs / "runs", "--name", "run", "--gpu_ids", "-1", "--batch_size", "2"]
    return "test", [*where, "--results_dir", place / "results", "--watch", place / "in", "--pixel_nm", "2"]


def watch_rows(place: Path) -> list[str]:
    path = place / "results/run/test_latest/holes.csv"
    return [row["image"] for row in csv.DictReader(path.open())] if path.exists() else []


def watch_state(place: Path) -> State:
    """Each image with its entry in the journal, and its maps; rows of a table are written after it."""
    folder = place / "results/run/test_latest"
    journal = folder / "watch.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
    lines = [json.loads(line) for line in lines if line.endswith(b"}\n")]
    stems = [stem for line in lines for stem in line.get("images", ())]
    rows = watch_rows(place)
    assert len(stems) == len(set(stems)) and len(rows) == len(set(rows)) and set(rows) <= set(stems), (rows, stems)
    return {stem: digest(folder, (f"{stem}.*",)) for stem in stems}


def metrology_call(_: Path, place: Path) -> tuple[str, list]:
    return "util.metrology.__main__", [place / "results/run/test_latest", "--tolerance_nm", "10", "--budget", "--all"]


def metrology_state(place: Path) -> State:
    """Its files; of the page, whether it is whole: its elements have random names."""
    folder = place / "results/run/test_latest"
    names = ("holes.csv", "sites.csv", "statistics.json", "budget.csv")
    state = {name: digest(folder, (name,)) for name in names if (folder / name).exists()}
    page = folder / "metrology.html"
    return state | ({page.name: page.read_text().endswith("</html>")} if page.exists() else {})


def record_before(inputs: Path, place: Path) -> None:
    copy_results(inputs, place)
    shutil.copytree(inputs / "records", place / "records")


def record_call(_: Path, place: Path) -> tuple[str, list]:
    record = place / "records/golden/record.sqlite"
    return "util.metrology.__main__", [place / "results/run/test_latest", "--golden", "golden", "--record", record]


def record_state(place: Path) -> State:
    path = place / "records/golden/record.sqlite"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as database:
        if not database.execute("SELECT * FROM sqlite_master").fetchall():  # killed before it was a record
            return {}
    rows, faults = verify(path)
    assert not faults, faults
    with Chain(path) as chain:
        values = [str(row.content.get("quantities", row.content["kind"])) for row in chain.rows()]
    return {"rows": values[:rows]} if rows else {}


PROGRAMS = (
    Program("data.simulate", lambda inputs, place: place.mkdir(), simulate_call, simulate_state),
    Program("train.py, a new run", lambda inputs, place: place.mkdir(), train_call(1), train_state),
    Program("train.py --continue_train", copy_run, train_call(2), train_state),
    Program("test.py", copy_results, test_call, test_state),
    Program("test.py --watch", watch_before, watch_call, watch_state, until=lambda place: len(watch_rows(place)) == 4),
    Program("util.metrology", copy_results, metrology_call, metrology_state),
    Program("util.metrology --golden, a new record", copy_results, record_call, record_state, with_sqlite=True),
    Program("util.metrology --golden", record_before, record_call, record_state, with_sqlite=True),
)


def run(program: Program, inputs: Path, place: Path, before=None, limit: float = 120) -> tuple[int, str]:
    """Exit status and output of a program; one that goes on for ever gets SIGINT when it is `until` there."""
    module, arguments = program.call(inputs, place)
    with Run(module, arguments, inputs, before) as process:
        while program.until and process.process.is_alive():
            if "watching" in process.said and program.until(place):
                process.send(signal.SIGINT)
                break
            process.process.join(0.02)
        return process.wait(limit), process.said
