"""A run folder is one run's, and foreign files in it are nobody's to remove."""

import json
from argparse import Namespace

import pytest

from util.errors import UtilError
from util.run import require_learned, training_images
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


@pytest.mark.parametrize(
    "accuracies, epoch, is_named",
    [
        ((0.26,), "latest", True),
        ((0.34,), "latest", True),
        ((0.37,), "latest", False),
        ((0.9, 0.25), "latest", True),
        ((0.9, 0.25), "1", False),
        ((0.25, 0.9), "1", True),
        ((0.25, 0.9), "latest", False),
        ((float("nan"),), "latest", False),
        ((), "latest", False),
    ],
)
def test_a_member_at_chance_level_is_named_in_one_line(tmp_path, capsys, accuracies, epoch, is_named):
    member = tmp_path / "guesser"
    member.mkdir()
    (member / "opt.json").write_text('{"levels": [140, 150, 160, 170]}')
    rows = [f"{n},1,1,0.1,{accuracy}\n" for n, accuracy in enumerate(accuracies, 1)]
    (member / "epochs.csv").write_text("epoch,step,seconds,lr,val_accuracy\n" + "".join(rows))
    loop = Namespace(continue_train=False, overwrite=False)
    with RunFolder(str(tmp_path), "both") as run:
        run.gather([member], epoch, {"model": "ensemble"}, loop)
    line = f"member guesser is at chance level: {(accuracies or [0])[-1 if epoch == 'latest' else 0]:.0%} of its"
    assert (line in capsys.readouterr().out) == is_named


def test_what_is_known_of_the_training_images_goes_with_the_weights(tmp_path):
    facts = {"pixel_nm": 2.08, "size": [72, 48], "hole_px": [52.0, 31.0]}
    with RunFolder(str(tmp_path), "one") as run:
        run.begin({"dataroot": "gone"}, facts)
    known = {"dataroot": "gone", "pixel_nm": 2.08, "size": (72, 48), "hole_px": (52.0, 31.0)}
    assert training_images(tmp_path / "one") == known
    with RunFolder(str(tmp_path), "both") as run:
        run.gather([tmp_path / "one"], "latest", {}, Namespace(continue_train=False, overwrite=False))
    del known["dataroot"]
    assert training_images(tmp_path / "both") == known, "an ensemble has its member's"
    with RunFolder(str(tmp_path), "one") as run:
        run.begin({})
    assert training_images(tmp_path / "one") == {}, "a new run does not keep the facts of the old one"
