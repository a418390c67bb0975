"""A run folder is one run's, and foreign files in it are nobody's to remove."""

import json
from argparse import Namespace

import pytest

from util.errors import UtilError
from util.run import require_learned
from util.run.run_folder import RunFolder


def test_options_come_back_and_every_command_is_kept(tmp_path):
    with RunFolder(str(tmp_path), "run") as run:
        assert run.options is None
        run.begin({"name": "run", "lr": 2e-4})
        run.record({"name": "run", "lr": 1e-4})
        assert run.options == {"name": "run", "lr": 1e-4}
    assert len((run.path / "command.txt").read_text().splitlines()) == 2


def test_a_run_is_not_touched_unasked(tmp_path):
    with RunFolder(str(tmp_path), "run") as run:
        run.begin({"lr": 1})
        with pytest.raises(UtilError, match=r"--continue_train.*--overwrite"):
            run.refuse_overwrite()
        assert run.options == {"lr": 1}


def test_overwriting_removes_what_a_run_writes_and_nothing_else(tmp_path):
    mine = ("notes.txt", "web/notes.txt", "web/images/mine.png", "weights.pth")
    written = ("latest_net_G_A.pth", "20_net_D_B.pth", "state.pt", "loss_log.txt", "losses.csv")
    written += ("web/index.html", "web/images/epoch000200_real_A.png")
    with RunFolder(str(tmp_path), "run") as run:
        run.begin({"lr": 1})
        (run.path / "web/images").mkdir(parents=True)
        for name in (*mine, *written):
            (run.path / name).write_text("x")
        run.begin({"lr": 2})
        assert run.options == {"lr": 2}
        assert all((run.path / name).exists() for name in mine)
        assert not any((run.path / name).exists() for name in written)
        assert len((run.path / "command.txt").read_text().splitlines()) == 1


def test_two_programs_cannot_hold_one_run(tmp_path):
    with RunFolder(str(tmp_path), "run"):
        with pytest.raises(UtilError, match="another training uses it"), RunFolder(str(tmp_path), "run"):
            pass
        with RunFolder(str(tmp_path), "other"):
            pass
    with RunFolder(str(tmp_path), "run"):
        pass


def test_unreadable_options_are_one_line(tmp_path):
    run = RunFolder(str(tmp_path), "run")
    run.path.mkdir()
    (run.path / "opt.json").write_text(json.dumps({"lr": 1})[:-3])
    with pytest.raises(UtilError, match=r"opt\.json: not readable"):
        _ = run.options


def test_weights_from_before_depths_were_learned_are_refused_with_the_way_on(tmp_path):
    (tmp_path / "opt.json").write_text('{"n_epochs": 45, "n_epochs_decay": 0}')
    require_learned(Namespace(has_learned=True), tmp_path, "latest")
    untrained = Namespace(has_learned=False)
    with pytest.raises(UtilError, match=r"stopped in epoch 1 of 45, .*: continue it with train.py --continue_train"):
        require_learned(untrained, tmp_path, "latest")
    (tmp_path / "epochs.csv").write_text("epoch,step,seconds,lr\n1,10,1,1\n2,20,1,1\n")
    with pytest.raises(UtilError, match="stopped in epoch 3 of 45, before depths are learned"):
        require_learned(untrained, tmp_path, "latest")
    with pytest.raises(UtilError, match="epoch 1 is from before depths are learned; use a later --which_epoch"):
        require_learned(untrained, tmp_path, "1")
