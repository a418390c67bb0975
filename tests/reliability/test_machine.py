"""What a machine can deny a training: room on the disk, memory, its helpers. And what it must not cost over time."""

import errno
import os
import resource
import shutil
import signal
import time
from functools import partial
from pathlib import Path

import pytest

import train
from data.simulate import main as simulate
from models import Predictor
from models.cycle_gan import CycleGan
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, Run, finished, same, weights
from util.monitor.training_page import TrainingPage
from util.run import epoch_log
from util.run.loss_log import LossLog

KEPT = "previous checkpoint is unchanged"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("machine")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "24", "--num_test", "4"]) == 0
    return place


def arguments(place, name, *more):
    where = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--name", name]
    return [*map(str, where), *TINY.split(), *SHORT.split(), *more]


def limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@promise("A disk that takes no larger file: the checkpoint before stays, and one line says what was needed", 3, 10)
def test_a_full_disk_costs_nothing_that_was_saved(place, count):
    assert finished("train", arguments(place, "full"), place)[0] == 0
    folder = place / "full"
    before, state = weights(folder), (folder / "state.pt").read_bytes()
    more = ("--n_epochs", "4", "--continue_train")
    for n in range(count):
        limit = 500 + n * len(state) // (count + 1)
        code, said = finished("train", arguments(place, "full", *more), place, partial(limit_files, limit))
        assert code == 1 and "Traceback" not in said, said
        assert (said.count(KEPT) == 1 and "MB are needed" in said) or "opt.json: File too large" in said, said
        assert same(weights(folder), before) and (folder / "state.pt").read_bytes() == state
        assert not list(folder.glob(".*.unfinished"))
    assert finished("train", arguments(place, "full", *more), place)[0] == 0


@promise("A disk that takes no larger file, while testing: one line, and the results before are as they were", 2, 10)
def test_a_full_disk_costs_no_results(place, count):
    assert finished("train", arguments(place, "shown", "--n_epochs", "1"), place)[0] == 0
    flags = [
        "--dataroot",
        place / "sem",
        "--checkpoints_dir",
        place,
        "--name",
        "shown",
        "--results_dir",
        place / "results",
    ]
    assert finished("test", flags, place)[0] == 0
    page = place / "results/shown/test_latest/index.html"
    before = page.read_bytes()
    for n in range(count):
        code, said = finished("test", flags, place, partial(limit_files, 1500 + n * 1000))
        assert code == 1 and said.count("Free disk space") == 1 and "Traceback" not in said, said
        assert page.read_bytes() == before and len(list(page.parent.parent.iterdir())) == 2  # and the lock


def no_room_for_logs():
    def refused(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    LossLog._append = staticmethod(refused)
    TrainingPage.write = TrainingPage.add_images = refused
    epoch_log.write_bytes = refused


@promise("Logs and pictures that cannot be written: a warning each, and the training goes on", 1, 5)
def test_logs_and_pictures_never_stop_a_training(place, count):
    for n in range(count):
        code, said = finished("train", arguments(place, f"silent_{n}"), place, no_room_for_logs)
        assert code == 0 and "Traceback" not in said, said
        assert said.count("warning: ") == said.count("training continues") == 3, said
        Predictor.load(place / f"silent_{n}", "3")


@promise("A disk without room for the run: said before it begins", 1, 1)
def test_too_small_a_disk_is_said_before_a_run_begins(place, count, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 50_000, 50_000))
    assert train.main(arguments(place, "small_disk")) == 2
    assert "the run needs" in capsys.readouterr().err and not list(place.glob("small_disk/*.pth"))


@promise("Out of memory: a clean exit within 60 s, with advice, and the checkpoint loads", 1, 5)
def test_out_of_memory_is_one_line(place, count):
    assert finished("train", arguments(place, "memory"), place)[0] == 0
    for _ in range(count):
        limited = partial(resource.setrlimit, resource.RLIMIT_DATA, (900 << 20, 900 << 20))
        large = ["--ngf", "200", "--batch_size", "24", "--preprocess", "resize", "--load_size", "288,192"]
        code, said = finished("train", arguments(place, "memory_2", *large, "--overwrite"), place, limited)
        assert code == 1 and "out of memory" in said and "--batch_size" in said and "Traceback" not in said, said
    Predictor.load(place / "memory")


@promise(
    "A killed process that assembles batches: a clean exit within 60 s, with advice, and the checkpoint loads", 1, 10
)
def test_a_killed_worker_is_one_line(place, count):
    for n in range(count):
        name = f"worker_{n}"
        with Run("train", arguments(place, name, "--num_threads", "1", "--n_epochs", "50"), place) as run:
            assert run.wait_for("iters: 4,")
            for _ in range(1000):
                if children := [int(pid) for pid in children_of(run.process.pid)]:
                    os.kill(children[-1], signal.SIGKILL)
                    break
                time.sleep(0.005)
            code = run.wait(60)
        assert code == 1 and "--num_threads 0" in run.said and "Traceback" not in run.said, run.said
        Predictor.load(place / name)


def children_of(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += (task / "children").read_text().split()
    return found


@pytest.mark.parametrize("kind", ["loss", "weights"])
@promise(
    "A loss or a weight that is not finite: the run stops, names it and its step, and `latest` stays finite", 2, 10
)
def test_what_is_not_finite_stops_the_run(place, count, kind, monkeypatch, capsys):
    whole_step = CycleGan.step
    for n in range(count):
        steps = iter(range(1, 100))

        def step(self, batch, at=5 + n, steps=steps):
            losses, number = whole_step(self, batch), next(steps)
            if number == at and kind == "loss":
                losses["cycle_A"] = losses["cycle_A"] * float("nan" if at % 2 else "inf")
            if number == at and kind == "weights":
                next(self.networks["G_A"].parameters()).data.view(-1)[0] = float("nan")
            return losses

        monkeypatch.setattr(CycleGan, "step", step)
        assert train.main(arguments(place, f"{kind}_{n}")) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and f"step {5 + n}" in said, said
        assert ("loss cycle_A is" if kind == "loss" else "weights of G_A") in said
        assert all(value.isfinite().all() for value in weights(place / f"{kind}_{n}").values())


@pytest.mark.slow
@promise("Steps of a training: its memory grows by less than 20 MB", 150, 2000)
def test_memory_does_not_grow(place, count):
    epochs = ["--n_epochs", str(2 + 2 * count // 24), "--save_latest_freq", "50", "--save_epoch_freq", "10"]
    with Run("train", arguments(place, "long", "--html", *epochs), place) as run:
        assert run.wait_for(f"iters: {count // 3 // 2 * 2},", 600)
        before = resident(run.process.pid)
        assert run.wait_for(f"iters: {count // 2 * 2},", 600), run.said[-500:]
        after = resident(run.process.pid)
    assert after - before < 20e6, f"{before / 1e6:.1f} MB, then {after / 1e6:.1f} MB"


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@promise("One seed with --deterministic, one thread: the same weights to the bit each time", 1, 5)
def test_one_seed_gives_the_same_weights(place, count):
    found = []
    for n in range(count + 1):
        code, said = finished("train", arguments(place, f"seed_{n}", "--deterministic", "--seed", "7"), place)
        assert code == 0, said
        found.append(weights(place / f"seed_{n}"))
    assert all(same(one, found[0]) for one in found)
