"""The fast paths and the test script are held to the same: what they leave when they are killed is whole."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data import DataOptions, DatasetLayout, read_stack
from data.simulate import main as simulate
from models import Predictor
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, Run, finished, same, weights

ROOT = Path(__file__).parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("fast")
    assert (
        simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "24", "--num_test", "200"]) == 0
    )
    return place


def arguments(place, name):
    where = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--name", name, "--continue_train"]
    return [*map(str, where), *TINY.split(), *SHORT.split()]


def together(place, name, **more):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*TORCHRUN, *arguments(place, name)], cwd=ROOT, env=environment, text=True, **more)


def workers(launcher):
    """The processes that torchrun started, by rank."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    found = {}
    for pid in children:
        environment = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
        if rank := re.search(r"\0RANK=(\d)\0", environment):
            found[int(rank[1])] = int(pid)
    return found


@pytest.mark.slow
@promise(
    "SIGKILL of one of two processes of torchrun: both end, the checkpoint is whole, the resumed run the same", 1, 5
)
def test_a_killed_replica_costs_nothing_that_was_saved(place, count):
    rng = random.Random(3)
    with together(place, "both", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert process.wait(200) == 0
    for n in range(count):
        name = f"one_{n}"
        with together(place, name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 100
            while not list((place / name).glob("latest_net_*")) and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.5))
            os.kill(workers(process.pid)[rng.randrange(2)], signal.SIGKILL)
            assert process.wait(100) != 0
        Predictor.load(place / name)
        with together(place, name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            assert process.wait(200) == 0
        assert same(weights(place / name), weights(place / "both"))


@promise("SIGKILL while the cache of decoded images is made: the next reading gives the same images", 3, 30)
def test_a_killed_cache_is_made_anew(place, count):
    rng, options = random.Random(4), DataOptions(dataroot=str(place / "sem"))
    files = DatasetLayout(place / "sem").sem()
    expected = read_stack(files, DataOptions(dataroot=str(place / "sem"), cache=False), "reading")
    for _ in range(count):
        for path in (place / "sem/.semdepth_cache").glob("*"):
            path.unlink()
        with Run("train", [*arguments(place, "cached"), "--dry_run"], place) as run:
            time.sleep(rng.uniform(0, 0.3))
            run.send(signal.SIGKILL)
            run.process.join()
        assert (read_stack(files, options, "reading") == expected).all()
        assert (read_stack(files, options, "reading") == expected).all()


@promise("SIGKILL of test.py at a random moment: the results before are as they were, or the new ones are whole", 3, 30)
def test_a_killed_test_leaves_whole_results(place, count):
    assert finished("train", [*arguments(place, "tested"), "--n_epochs", "1"], place)[0] == 0
    flags = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--results_dir", place / "results"]
    flags += ["--name", "tested", "--gpu_ids", "-1"]
    assert finished("test", flags, place)[0] == 0
    folder, rng = place / "results/tested/test_latest", random.Random(5)
    expected = {path.relative_to(folder): path.read_bytes() for path in (folder / "depth_nm").iterdir()}
    for _ in range(count):
        with Run("test", flags, place) as run:
            time.sleep(rng.uniform(0, 1.5))
            run.send(signal.SIGKILL)
            run.process.join()
        there = folder if folder.exists() else folder.with_name(f".{folder.name}.before")
        assert {path.relative_to(there): path.read_bytes() for path in (there / "depth_nm").iterdir()} == expected
        assert (there / "index.html").is_file() and (there / "metrics.json").is_file()
    assert finished("test", flags, place)[0] == 0
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, f".{folder.name}.lock"}


@promise("Two tests of one run started together on different images: each writes its own results, or is refused", 2, 20)
def test_two_tests_never_mix_their_results(place, tmp_path, count):
    assert finished("train", [*arguments(place, "shared"), "--n_epochs", "1"], place)[0] == 0
    images = sorted((place / "sem/test/SEM").iterdir())
    rng, alone = random.Random(6), {}
    for kind, some in (("x", images[:20]), ("y", images[20:40])):
        (tmp_path / kind).mkdir()
        for n, path in enumerate(some):
            (tmp_path / kind / f"{n:06d}.png").hardlink_to(path)

    def flags(kind, results):
        where = ["--dataroot", tmp_path / kind, "--checkpoints_dir", place, "--results_dir", results]
        return [*where, "--name", "shared", "--gpu_ids", "-1", "--overwrite"]  # of the other images, too

    def maps(results):
        folder = results / "shared/test_latest"
        kept = [*(folder / "depth").iterdir(), *(folder / "depth_nm").iterdir()]
        return {path.relative_to(folder): path.read_bytes() for path in kept}

    for kind in ("x", "y"):
        assert finished("test", flags(kind, tmp_path / f"{kind}_alone"), tmp_path)[0] == 0
        alone[kind] = maps(tmp_path / f"{kind}_alone")
    for n in range(count):
        results = tmp_path / f"both_{n}"
        with Run("test", flags("x", results), tmp_path) as one:
            time.sleep(rng.uniform(0, 0.5))
            with Run("test", flags("y", results), tmp_path) as other:
                codes = one.wait(), other.wait()
        assert codes in ((0, 0), (0, 2), (2, 0)), one.said + other.said
        refused = [run.said for run in (one, other) if "another test.py writes there" in run.said]
        assert len(refused) == (2 in codes)
        assert maps(results) in (
            [alone["x"]] if codes == (0, 2) else [alone["y"]] if codes == (2, 0) else alone.values()
        )


def watched():
    """Ends the program when it looks up a name or connects to anything but loopback."""

    def hook(event, arguments):
        if event == "socket.getaddrinfo" and arguments[0] not in ("localhost", "127.0.0.1", "::1", None):
            os._exit(77)
        if (
            event == "socket.connect"
            and isinstance(arguments[1], tuple)
            and arguments[1][0] not in ("127.0.0.1", "::1")
        ):
            os._exit(78)

    sys.addaudithook(hook)


@promise("Connections to another machine while training, drawing live plots and testing: none", 3, 3)
def test_nothing_leaves_the_machine(place, count):
    plots = [*arguments(place, "watched"), "--n_epochs", "1", "--display_id", "1"]
    test = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--results_dir", place / "watched_results"]
    more = [*plots, "--n_epochs", "2"]
    commands = [("train", plots), ("train", more), ("test", [*test, "--name", "watched", "--gpu_ids", "-1"])]
    assert len(commands) == count
    for program, given in commands:
        code, said = finished(program, given, place, watched)
        assert code == 0, f"{program}: {code}\n{said}"
