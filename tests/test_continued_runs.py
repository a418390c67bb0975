"""What --continue_train and --init_from make of a run: what may change, what is recorded, and what is refused."""

import json

import pytest
import torch

import test as testing
import train
from data.simulate import main as simulate

SMALL = ["--netG", "resnet_6blocks", "--ngf", "2", "--ndf", "2", "--gpu_ids", "-1", "--display_id", "0"]
SMALL += ["--n_epochs_decay", "0", "--batch_size", "4"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("continued")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "2"]) == 0
    assert run(place, "first", "--n_epochs", "1") == 0
    return place


def run(place, name, *more):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "runs"), "--name", name]
    return train.main([*where, *SMALL, *more])


def weights(place, name):
    return torch.load(place / "runs" / name / "latest_net_G_A.pth", weights_only=True)


def test_a_continued_run_takes_another_recipe_and_records_it(place, capsys):
    assert run(place, "changed", "--n_epochs", "1") == 0
    recipe = ["--lr", "1e-3", "--lr_policy", "cosine", "--lambda_A", "5", "--pool_size", "2", "--max_dataset_size", "6"]
    capsys.readouterr()
    assert run(place, "changed", "--continue_train", "--n_epochs", "2", "--batch_size", "2", *recipe) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if "no longer the run that it was" in line]
    assert len(notes) == 1 and "from epoch 2 on" in notes[0]
    assert run(place, "changed", "--continue_train", "--n_epochs", "3", "--batch_size", "2", *recipe) == 0
    assert "no longer" not in capsys.readouterr().out
    (change,) = json.loads((place / "runs/changed/opt.json").read_text())["changes"]
    assert change.pop("epoch") == 2 and change["lr"] == {"before": 2e-4, "now": 1e-3}
    assert change.keys() == {"lr", "lr_policy", "lambda_A", "pool_size", "max_dataset_size", "batch_size"}


def test_a_run_without_changes_records_none(place):
    assert "changes" not in json.loads((place / "runs/first/opt.json").read_text())


@pytest.mark.parametrize("more", [[], ["--dry_run"]])
@pytest.mark.parametrize("name", ["frist", "First", "firs", "firsst"])
def test_a_misspelt_name_is_no_new_run(place, capsys, name, more):
    assert run(place, name, "--continue_train", "--n_epochs", "1", *more) == 2
    message = capsys.readouterr().err
    assert "did you mean --name first?" in message and message.count("\n") == 1
    assert not (place / "runs" / name).exists()


def test_a_name_like_no_other_starts_a_run(place, capsys):
    for name in ("metrology", "seed_1", "seed_2", "fold_a", "fold_b", "unet_and_vote", "unet_and_level_and_vote"):
        assert run(place, name, "--continue_train", "--n_epochs", "1") == 0
    assert capsys.readouterr().out.count("no run there yet; a new one starts") == 7


@pytest.mark.parametrize("more", [[], ["--dry_run"]])
def test_unequal_channels_are_refused_before_a_folder_is_made(place, capsys, more):
    assert run(place, "rgb", "--input_nc", "3", "--n_epochs", "1", *more) == 2
    assert "--input_nc 3 and --output_nc 1" in capsys.readouterr().err and not (place / "runs/rgb").exists()


def test_equal_or_unneeded_channels_train(place):
    assert run(place, "rgb_both", "--input_nc", "3", "--output_nc", "3", "--n_epochs", "1") == 0
    assert run(place, "rgb_sem", "--input_nc", "3", "--lambda_identity", "0", "--n_epochs", "1") == 0


def test_a_run_from_weights_with_lr_0_keeps_them(place, capsys):
    assert run(place, "tuned", "--init_from", "first", "--lr", "0", "--n_epochs", "1") == 0
    assert "G_A has 36 of its 36 tensors" in capsys.readouterr().out
    expected = weights(place, "first")
    assert all(torch.equal(value, expected[key]) for key, value in weights(place, "tuned").items())
    assert run(place, "tuned", "--continue_train", "--n_epochs", "2") == 0
    assert "tensors from" not in capsys.readouterr().out
    assert run(place, "bad", "--init_from", "nowhere_at_all", "--n_epochs", "1") == 2
    assert run(place, "bad", "--init_from", "first", "--ngf", "4", "--n_epochs", "1") == 2
    assert "they fit --ngf 2" in capsys.readouterr().err and not (place / "runs/bad").exists()


def test_architecture_flags_at_test_must_be_those_of_the_run(place, capsys):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "runs"), "--name", "first"]
    where += ["--results_dir", str(place / "results"), "--gpu_ids", "-1"]
    assert testing.main([*where, "--ngf", "8"]) == 2
    assert "--ngf: 2 in opt.json, 8 now" in capsys.readouterr().err
    assert testing.main([*where, "--ngf", "2", "--netG", "resnet_6blocks", "--lr", "1"]) == 0


def test_weights_without_opt_json_say_how_to_use_them(place, capsys):
    folder = place / "runs/foreign"
    folder.mkdir()
    torch.save(weights(place, "first"), folder / "latest_net_G_A.pth")
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "runs"), "--name", "foreign"]
    assert testing.main(where) == 2 and run(place, "foreign", "--n_epochs", "1") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all(f"--init_from {folder}" in line for line in lines)


@pytest.fixture
def damaged(place):
    """A run of two epochs whose last weights cannot be used; puts NaN into those, or cuts their file."""

    def damage(kind):
        assert run(place, kind, "--n_epochs", "2", "--save_epoch_freq", "1", "--overwrite") == 0
        for epoch in ("latest", "2"):
            path = place / "runs" / kind / f"{epoch}_net_G_A.pth"
            if kind == "cut":
                path.write_bytes(path.read_bytes()[:100])
            else:
                state = torch.load(path, weights_only=True)
                next(iter(state.values())).view(-1)[0] = float("nan")
                torch.save(state, path)
        return place / "runs" / kind

    return damage


@pytest.mark.parametrize("kind", ["not_finite", "cut"])
def test_weights_that_cannot_be_used_name_an_epoch_and_the_command_that_works(place, damaged, capsys, kind):
    folder = damaged(kind)
    capsys.readouterr()
    assert run(place, kind, "--continue_train", "--n_epochs", "3") == 2
    assert run(place, "new", "--init_from", kind) == 2
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "runs"), "--name", kind]
    assert testing.main([*where, "--results_dir", str(place / "results")]) == 2
    messages = capsys.readouterr().err.splitlines()
    assert len(messages) == 3
    for message in messages:
        assert "latest_net_G_A.pth" in message and "epoch 1 can be used: test.py --which_epoch 1, train.py" in message
        _, _, source = message.removesuffix(" --name NEW").rpartition("--init_from ")
        assert source == str(folder / "1")
    assert run(place, f"{kind}_again", "--init_from", source, "--lr", "0", "--n_epochs", "1") == 0
    assert run(place, f"{kind}_short", "--init_from", f"{kind}/1", "--dry_run") == 0
    first = torch.load(folder / "1_net_G_A.pth", weights_only=True)
    assert all(torch.equal(value, first[key]) for key, value in weights(place, f"{kind}_again").items())
    assert testing.main([*where, "--results_dir", str(place / "results"), "--which_epoch", "1"]) == 0


def test_where_no_epoch_can_be_used_the_advice_is_to_train_again(place, damaged, capsys):
    for path in damaged("cut").glob("*_net_G_A.pth"):
        path.write_bytes(b"")
    assert run(place, "cut", "--continue_train", "--n_epochs", "3") == 2
    assert (
        capsys.readouterr()
        .err.rstrip()
        .endswith("no other saved epoch can be used; train again, with a lower --lr if the values are not finite")
    )
