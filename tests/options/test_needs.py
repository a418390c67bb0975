"""Options that have no effect without another one are named in a note."""

import json

import pytest

import models
from data import DataOptions
from options import parse_test, parse_train
from options.rules import NEEDS


def notes(program, *argv):
    parse = parse_test if program == "test" else parse_train
    return parse(list(argv), DataOptions, models.MODEL_OPTIONS).notes


@pytest.mark.parametrize(
    "program, argv, note",
    [
        (
            "test",
            ["--field_scale", "2", "--field_area", "9,99"],
            "--field_area 9,99, --field_scale 2: no effect without --field",
        ),
        ("test", ["--shard_size", "5"], "--shard_size 5: no effect without --ray"),
        (
            "test",
            ["--pixel_nm", "2", "--which_direction", "BtoA"],
            "--pixel_nm 2: no effect with --which_direction BtoA",
        ),
        (
            "test",
            ["--no_snap_background", "--hole_centre", "3,4"],
            "--hole_centre 3,4: no effect with --no_snap_background",
        ),
        ("train", ["--lr_decay_iters", "9"], "--lr_decay_iters 9: no effect without --lr_policy step"),
        ("train", ["--load_size", "80"], "--load_size 80: no effect without --preprocess resize or resize_and_crop"),
        (
            "train",
            ["--preprocess", "resize", "--crop_size", "80"],
            "--crop_size 80: no effect without --preprocess crop or ",
        ),
        ("train", ["--n_layers_D", "2"], "--n_layers_D 2: no effect without --netD n_layers"),
        ("train", ["--init_gain", "2", "--init_type", "kaiming"], "--init_gain 2: no effect with --init_type kaiming"),
        ("train", ["--model", "autoencoder", "--width", "8"], "--width 8: no effect with --architecture dense"),
    ],
)
def test_an_option_without_effect_is_named(program, argv, note, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "checkpoints/metrology"
    run.mkdir(parents=True)
    (run / "opt.json").write_text(json.dumps({"model": "cycle_gan"}))
    assert next(line for line in notes(program, *argv) if "no effect" in line).startswith(note)


def test_options_with_effect_are_not_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "checkpoints/metrology"
    run.mkdir(parents=True)
    (run / "opt.json").write_text(json.dumps({"model": "cycle_gan"}))
    assert notes("test", "--field", "--field_scale", "2", "--background_levels", "140") == ()
    assert (
        notes("train", "--lr_policy", "step", "--lr_decay_iters", "9", "--netD", "n_layers", "--n_layers_D", "2") == ()
    )
    assert notes("train", "--model", "unet_regressor", "--width", "8") == ()


def test_background_levels_are_of_no_use_to_a_model_with_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert any(
        "a model that has levels of its own" in note
        for note in notes("test", "--name", "holes", "--background_levels", "140")
    )


def test_every_need_names_options_of_a_program():
    names = {"train": set(), "test": set()}
    for model in models.MODEL_OPTIONS:
        opt = parse_train(["--model", model], DataOptions, models.MODEL_OPTIONS)
        names["train"] |= {option.name for option in opt.declared}
    opt = parse_test(["--name", "holes"], DataOptions, models.MODEL_OPTIONS)
    names["test"] |= {option.name for option in opt.declared}
    assert {need.group for need in NEEDS} == {"test", "loop"}
    for need in NEEDS:
        assert set(need.names) <= names["test" if need.group == "test" else "train"], need
