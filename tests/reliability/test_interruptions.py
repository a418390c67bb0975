"""A training that is killed or told to stop, at any moment, costs nothing that was saved."""

import random
import signal
import time

import pytest

from data.simulate import main as simulate
from models import Predictor
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, Run, finished, same, weights
from util.run import checkpoint

NETWORKS = ("G_A", "G_B", "D_A", "D_B")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("interrupted")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "24", "--num_test", "4"]) == 0
    return place


def arguments(place, name):
    where = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--name", name, "--continue_train"]
    return [*where, *TINY.split(), *SHORT.split()]


@pytest.fixture(scope="module")
def whole(place):
    code, said = finished("train", arguments(place, "whole"), place)
    assert code == 0, said
    return weights(place / "whole")


@pytest.mark.slow
@promise(
    "SIGKILL at a random moment of a training: the checkpoint is whole, and the resumed run ends in the same weights",
    5,
    100,
)
def test_a_kill_costs_nothing_that_was_saved(place, whole, count):
    rng, kills, chain = random.Random(1), 0, 0
    while kills < count:
        chain += 1
        folder = place / f"killed_{chain}"
        for _ in range(200):
            with Run("train", arguments(place, folder.name), place) as run:
                run.wait_for("epochs ")
                time.sleep(rng.uniform(0, 1.2))
                if run.process.is_alive() and kills < count:
                    run.send(signal.SIGKILL)
                    kills += 1
                code = run.wait()
            assert code in (0, -signal.SIGKILL), run.said
            if list(folder.glob("*_net_*.pth")) or (folder / checkpoint.JOURNAL).exists():
                checkpoint.require(folder, "latest")
                assert len({path.name for path in folder.glob("latest_net_*.pth")}) == len(NETWORKS)
                Predictor.load(folder)
                checkpoint.load_state(folder)
            if code == 0:
                break
        assert code == 0
        assert same(weights(folder), whole)
        assert not list(folder.glob(f".*{checkpoint.UNFINISHED}")) and not (folder / checkpoint.JOURNAL).exists()
        logged = [line.split(",")[1] for line in (folder / "losses.csv").read_text().splitlines()[1:]]
        assert logged == [str(step) for step in range(2, 2 * len(logged) + 1, 2)]


@pytest.mark.slow
@promise("SIGINT or SIGTERM at a random moment: saved, out within 10 s, no traceback, exit status 130 or 143", 4, 50)
def test_a_signal_saves_and_ends(place, whole, count):
    rng, sent, chain = random.Random(2), 0, 0
    while sent < count:
        chain += 1
        folder = place / f"stopped_{chain}"
        for _ in range(200):
            signum = rng.choice((signal.SIGINT, signal.SIGTERM))
            with Run("train", arguments(place, folder.name), place) as run:
                begun = run.wait_for("epochs ")
                time.sleep(rng.uniform(0, 1.2))
                if sent < count and run.process.is_alive():
                    run.send(signum)
                    sent += 1
                code = run.wait(limit=10 if sent < count else 120)
            assert "Traceback" not in run.said, run.said
            assert begun and code in (0, 128 + signum), run.said
            if code:
                assert "stopped in epoch" in run.said or not list(folder.glob("*_net_*"))
            else:
                break
        assert code == 0 and same(weights(folder), whole)


@promise("A second signal leaves at once, and the checkpoint before is whole", 1, 10)
def test_a_second_signal_leaves_at_once(place, count):
    for n in range(count):
        name = f"twice_{n}"
        with Run("train", arguments(place, name), place) as run:
            assert run.wait_for("iters: 2,")
            run.send(signal.SIGSTOP)  # so that both are there before either is seen
            run.send(signal.SIGINT)
            run.send(signal.SIGTERM)
            run.send(signal.SIGCONT)
            began = time.monotonic()
            assert run.wait(limit=10) in (-signal.SIGTERM, -signal.SIGINT, 130, 143)
        assert time.monotonic() - began < 10 and "Traceback" not in run.said
        checkpoint.require(place / name, "latest")
        Predictor.load(place / name)


@pytest.mark.slow
@promise("Two trainings of one name started together: exactly one proceeds, the other says why", 2, 20)
def test_one_of_two_trainings_proceeds(place, count):
    for n in range(count):
        both = [Run("train", arguments(place, f"pair_{n}"), place) for _ in range(2)]
        with both[0], both[1]:
            codes = sorted(run.wait() for run in both)
        refused = [run.said for run in both if "another training uses it" in run.said]
        # Where one had ended before the other looked, that says that the run is finished.
        late = [run.said for run in both if "is finished: 3 epochs" in run.said]
        assert (codes, len(refused)) == ([0, 2], 1) or (codes, len(late)) == ([0, 0], 1), [run.said for run in both]
