"""Weights of other people: wrapped, prefixed, broken or of another architecture."""

import argparse
import json

import numpy as np
import pytest
import torch

from models import MODELS, ModelError, Predictor, build, find_source, initialise_from, load_weights
from models.transfer import suggest_flags

CPU = torch.device("cpu")
SMALL = {"ngf": 2, "ndf": 2, "netG": "resnet_6blocks"}


def new_model(name, seed=0, **options):
    torch.manual_seed(seed)
    return build(name, MODELS[name].Options(**options), CPU)


def states_of(model):
    return {name: network.state_dict() for name, network in model.networks.items()}


def save_run(folder, name, **options):
    folder.mkdir()
    model = new_model(name, **options)
    for key, state in states_of(model).items():
        torch.save(state, folder / f"latest_net_{key}.pth")
    (folder / "opt.json").write_text(json.dumps({"model": name, **options}))
    return model


def prefixed(state, prefix):
    return {prefix + key: value for key, value in state.items()}


OTHER = {"a": torch.zeros(3)}
FORMS = {
    "plain": lambda s: s,
    "data parallel": lambda s: prefixed(s, "module."),
    "compiled": lambda s: prefixed(s, "_orig_mod."),
    "both": lambda s: prefixed(s, "_orig_mod.module."),
    "compiled inside": lambda s: {key.replace("model.", "model._orig_mod."): value for key, value in s.items()},
    "state_dict": lambda s: {"epoch": 3, "state_dict": prefixed(s, "module."), "optimizer": {"state": {}}},
    "model": lambda s: {"model": s, "args": {"lr": 0.1}},
    "averaged": lambda s: {"model": OTHER, "ema": s},
    "wrapped twice": lambda s: {"model": {"state_dict": s}},
    "AveragedModel": lambda s: {"n_averaged": torch.tensor(5), **prefixed(s, "module.")},
    "ema_pytorch": lambda s: {"step": torch.tensor(1), **prefixed(s, "ema_model."), **prefixed(OTHER, "online_model.")},
    "all networks": lambda s: {"G_A": s, "G_B": OTHER},
    "all networks in one": lambda s: {**prefixed(s, "netG_A."), **prefixed(OTHER, "netG_B.")},
    "a prefix of its own": lambda s: prefixed(s, "generator."),
    "old statistics": lambda s: s | {"model.2.running_mean": torch.zeros(2)},
    "half precision": lambda s: {key: value.half().float() for key, value in s.items()},
}


@pytest.mark.parametrize("form", FORMS)
def test_wrappers_and_prefixes_are_taken_off(tmp_path, form):
    model, other = new_model("cycle_gan", 1, **SMALL), new_model("cycle_gan", 2, **SMALL)
    state = model.networks["G_A"].state_dict()
    torch.save(FORMS[form](state), tmp_path / "weights.pth")
    other.load_networks({"G_A": load_weights(tmp_path / "weights.pth", "G_A")})
    loaded = other.networks["G_A"].state_dict()
    assert all(torch.allclose(loaded[key], state[key], atol=1e-3) for key in state)


def test_python_objects_in_a_file_are_named_as_the_reason(tmp_path):
    torch.save({"state_dict": OTHER, "opt": argparse.Namespace(lr=0.1)}, tmp_path / "x.pth")
    with pytest.raises(ModelError, match="Python objects") as error:
        load_weights(tmp_path / "x.pth")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value, kind", [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_weights_that_are_not_finite_are_named(tmp_path, value, kind):
    save_run(tmp_path / "run", "cycle_gan", **SMALL)
    path = tmp_path / "run/latest_net_G_B.pth"
    state = torch.load(path, weights_only=True)
    state["model.4.weight"].view(-1)[7] = value
    torch.save(state, path)
    with pytest.raises(ModelError, match=f"latest_net_G_B.pth: 1 of 72 values of model.4.weight are {kind}"):
        Predictor.load(tmp_path / "run")
    with pytest.raises(ModelError, match=r"model\.4\.weight"):
        initialise_from(new_model("cycle_gan", **SMALL), str(tmp_path / "run"), str(tmp_path))


@pytest.mark.parametrize(
    "name, options, flags",
    [
        ("cycle_gan", {"ngf": 32}, "--ngf 32"),
        ("cycle_gan", {"input_nc": 3, "output_nc": 3}, "--input_nc 3 --output_nc 3"),
        ("cycle_gan", {"netG": "resnet_6blocks", "norm": "batch"}, "--netG resnet_6blocks --norm batch"),
        (
            "cycle_gan",
            {"netD": "n_layers", "n_layers_D": 2, "dropout": True},
            "--netD n_layers --n_layers_D 2 --dropout",
        ),
        ("unet_regressor", {"width": 4, "num_downs": 2, "norm": "none"}, "--width 4 --num_downs 2 --norm none"),
        ("autoencoder", {"image_size": (36, 24)}, "--image_size H,W of 864 pixels"),
        ("background_classifier", {"levels": (1, 2, 3)}, "--levels with 3 values"),
        ("depth_pipeline", {"width": 4}, "--width 4"),
    ],
)
def test_the_flags_that_describe_weights_are_found(name, options, flags):
    suggested = suggest_flags(new_model(name), states_of(new_model(name, **options)))
    assert sorted(suggested.split(" --")) == sorted(flags.split(" --")) or set(suggested.split()) == set(flags.split())


def test_a_mismatch_names_the_flags_and_the_first_difference():
    states = states_of(new_model("unet_regressor", width=4))
    with pytest.raises(ModelError, match=r"weights of R do not fit .*they fit --width 4$") as error:
        new_model("unet_regressor", width=8).load_networks(states)
    assert "\n" not in str(error.value)
    with pytest.raises(ModelError, match="they fit --model autoencoder --architecture convolutional --width 4"):
        coder = new_model("autoencoder", architecture="convolutional", width=4)
        new_model("unet_regressor").load_networks(states_of(coder))
    with pytest.raises(ModelError, match="no flags of this toolkit's models fit"):
        new_model("unet_regressor").load_networks({"R": OTHER})


def test_a_new_run_starts_from_a_run_a_folder_and_a_file(tmp_path):
    there = save_run(tmp_path / "there", "cycle_gan", **SMALL)
    for init_from in ("there", str(tmp_path / "there")):
        model = new_model("cycle_gan", 5, **SMALL)
        lines = initialise_from(model, init_from, str(tmp_path))
        assert len(lines) == 4 and "G_A has 36 of its 36 tensors" in lines[0]
        for name, state in states_of(there).items():
            assert all(torch.equal(value, state[key]) for key, value in model.networks[name].state_dict().items())
    model = new_model("cycle_gan", 5, **SMALL)
    fresh = {key: value.clone() for key, value in model.networks["G_B"].state_dict().items()}
    lines = initialise_from(model, f"G_A={tmp_path}/there/latest_net_G_B.pth", str(tmp_path))
    expected = there.networks["G_B"].state_dict()
    assert all(torch.equal(value, expected[key]) for key, value in model.networks["G_A"].state_dict().items())
    assert all(torch.equal(value, fresh[key]) for key, value in model.networks["G_B"].state_dict().items())
    assert lines[-1] == "--init_from: G_B, D_A, D_B begin with new weights"


def test_partial_loading_says_what_was_loaded_and_what_not(tmp_path):
    save_run(tmp_path / "there", "cycle_gan", **SMALL)
    model = new_model("cycle_gan", **SMALL, input_nc=3, output_nc=3)
    lines = initialise_from(model, "there", str(tmp_path))
    assert "G_A has 33 of its 36 tensors" in lines[0] and "new: model.1.weight, model.26.weight" not in lines[0]
    assert "model.1.weight" in lines[0] and lines[-1].endswith("all of it would fit with --input_nc 1 --output_nc 1")


@pytest.mark.parametrize(
    "init_from, options, line",
    [
        ("ther", SMALL, "did you mean there"),
        ("there", SMALL | {"ngf": 4}, "none of its 36 tensors fits G_A; they fit --ngf 2"),
        (
            "{place}/other.pth",
            SMALL,
            "does not say for which network it is; it has G_A, G_B, D_A, D_B: use --init_from G_A=",
        ),
        ("G=there/latest_net_G_A.pth", SMALL, "there is no file"),
        ("G={place}/there/latest_net_G_A.pth", SMALL, "the model has no network G"),
        ("{place}/empty", SMALL, "holds no latest_net_"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, init_from, options, line):
    save_run(tmp_path / "there", "cycle_gan", **SMALL)
    (tmp_path / "empty").mkdir()
    torch.save(OTHER, tmp_path / "other.pth")
    with pytest.raises(ModelError) as error:
        initialise_from(new_model("cycle_gan", **options), init_from.format(place=tmp_path), str(tmp_path))
    assert line in str(error.value) and "\n" not in str(error.value)


def test_the_model_that_comes_with_the_toolkit_is_a_source(tmp_path):
    assert (find_source("holes", str(tmp_path)).path / "opt.json").is_file()
    assert find_source("", str(tmp_path)) is None


@pytest.mark.parametrize(
    "images, line",
    [
        ("image.tif", "type str: expected an array"),
        ([[[1.0]]], "type list"),
        (np.random.default_rng(0).random((2, 72, 48)), r"values from .* to .*: expected grey levels 0..255; multiply"),
        (np.full((1, 72, 48), -0.5), "images \\+ 1"),
        (np.full((2, 72, 48), 40_000, np.uint16), "values from 40000 to 40000: expected grey levels 0..255; scale"),
        (np.full((2, 72, 48), np.nan), "image 0 of 2 has pixels that are NaN"),
        (np.full((2, 72, 48), np.inf), "infinite"),
        (np.zeros((2, 72, 48), bool), "type bool"),
        (np.zeros((0, 72, 48)), "no pixel"),
    ],
)
def test_images_that_are_no_grey_levels_are_refused(images, line):
    predictor = Predictor(new_model("unet_regressor", width=2))
    with pytest.raises(ModelError, match=line):
        predictor.predict(images)
    with pytest.raises(ModelError, match=line):
        Predictor(new_model("cycle_gan", **SMALL)).render(images)


@pytest.mark.parametrize(
    "images", [np.zeros((1, 72, 48), np.uint8), np.ones((1, 72, 48), np.uint8), np.zeros((1, 8, 8))]
)
def test_black_images_are_grey_levels(images):
    assert Predictor(new_model("unet_regressor", width=2)).predict(images).final.shape == images.shape
