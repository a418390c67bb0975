"""Training stages of the depth pipeline: each trains its own network, a resume within any of them changes nothing, and
the trained model predicts a small data set."""

import copy

import numpy as np
import pytest
import torch

from models import ModelError, build
from models.model_options import DepthPipelineOptions
from models.model_options.depth_pipeline import SHORTEST
from models.pipeline import domain_renderer
from models.pipeline.warp import translate

SHORT = {
    "width": 4,
    "renderer_epochs": 1,
    "match_after_epochs": (2,),
    "renderer_finetune_epochs": 1,
    "levels": (140, 170),
}


def make_eval_set(count=40, seed=0):
    """Pairs, real images and library (N, H, W) of discs. The real images are brighter, and translated."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:32, :24]
    size, x, y = rng.uniform(6, 9, count), rng.uniform(11, 13, count), rng.uniform(15, 17, count)
    distance = np.hypot(rows - y[:, None, None], columns - x[:, None, None])
    u = np.clip((size[:, None, None] - distance) / 3, 0, 1)
    level = np.where(np.arange(count) % 2, 170, 140)
    depth = np.rint(level[:, None, None] - (level - 30)[:, None, None] * u)
    clean = 150 - (level - 60)[:, None, None] * u + 40 * u * (1 - u)
    offset = torch.from_numpy(rng.uniform(-1, 1, (count, 2))).float()
    real = translate(torch.from_numpy(1.15 * clean + 12).float()[:, None], offset)[:, 0].numpy()
    noise = rng.normal(0, 2, (2, *u.shape))
    return {
        "sem": (clean + noise[0]).clip(0, 255).astype(np.float32),
        "depth": depth.astype(np.float32),
        "level": level,
        "real": (real + noise[1]).round().clip(0, 255).astype(np.uint8),
        "real_level": level,
        "real_held_out": np.arange(count) % 8 == 0,
        "library": depth.astype(np.uint8),
        "library_level": level,
        "library_held_out": np.arange(count) % 8 == 0,
        "fitted": real.round().clip(0, 255).astype(np.uint8),
        "fitted_u": u.astype(np.float16),
        "fitted_level": level,
        "reshaped": np.array(False),
    }


def make_batch(eval_set, k, size=8):
    indices = np.random.default_rng(k).integers(len(eval_set["sem"]), size=size)
    images = {
        name: torch.from_numpy(eval_set[name][indices].astype(np.float32))[:, None]
        for name in ("sem", "depth", "real", "fitted", "fitted_u")
    }
    levels = ("level", "real_level", "fitted_level")
    return images | {name: torch.from_numpy(eval_set[name][indices]) for name in levels}


def learn(model, eval_set, epochs, steps, first=0, saves=True):
    """Trains some epochs, and saves after each; the first of them begins at step `first`."""
    for epoch in range(epochs):
        model.set_learning_rate(1.0)
        for k in range(first if epoch == 0 else 0, steps):
            model.step(make_batch(eval_set, 1000 * model.epochs + k))
        model.end_epoch(eval_set)
        if saves:
            model.prepare_save(eval_set, True)


def build_model(**changes):
    torch.manual_seed(0)
    return build("depth_pipeline", DepthPipelineOptions(**SHORT | changes), torch.device("cpu"))


@pytest.mark.usefixtures("few_renderings")
@pytest.mark.parametrize("epoch", [0, 1, 2, 3])
def test_a_resume_within_any_stage_changes_nothing(epoch):
    eval_set, model = make_eval_set(), build_model()
    learn(model, eval_set, epoch, 3)
    model.set_learning_rate(1.0)
    model.step(make_batch(eval_set, 1000 * model.epochs))
    state = copy.deepcopy(({key: network.state_dict() for key, network in model.networks.items()}, model.state_dict()))
    rng_state = torch.get_rng_state()
    learn(model, eval_set, 2, 3, first=1)

    resumed = build_model()
    resumed.load_networks(state[0])
    resumed.load_state_dict(state[1])
    torch.set_rng_state(rng_state)
    learn(resumed, eval_set, 2, 3, first=1)
    for key, network in model.networks.items():
        for name, value in network.state_dict().items():
            assert torch.equal(value, resumed.networks[key].state_dict()[name]), f"{key}.{name}"


@pytest.mark.usefixtures("few_renderings")
def test_what_is_measured_before_saving_has_no_part_in_the_training():
    eval_set, model, unsaved = make_eval_set(), build_model(), build_model()
    states = []
    for each, saves in ((model, True), (unsaved, False)):
        torch.manual_seed(0)
        learn(each, eval_set, 4, 2, saves=saves)
        states.append({name: network.state_dict() for name, network in each.networks.items()})
    for name in ("A", "C", "P", "R", "S"):
        assert all(torch.equal(value, states[1][name][key]) for key, value in states[0][name].items()), name
    unsaved.prepare_save(eval_set, True)
    for name in ("L", "T"):
        same = unsaved.networks[name].state_dict()
        assert all(torch.equal(value, same[key]) for key, value in states[0][name].items()), name


@pytest.mark.usefixtures("few_renderings")
def test_each_stage_learns_its_own_network():
    eval_set, model = make_eval_set(), build_model()
    trained = []
    for _ in range(4):
        before = copy.deepcopy({name: list(network.parameters()) for name, network in model.ddp_modules.items()})
        learn(model, eval_set, 1, 2)
        changed = {
            name
            for name, network in model.ddp_modules.items()
            if any(not torch.equal(a, b) for a, b in zip(before[name], network.parameters(), strict=True))
        }
        trained.append(changed)
    assert trained == [{"R", "C"}, {"S", "C"}, {"R", "C"}, {"S", "C"}]
    assert model.appearance.is_identity, "the renderer itself now draws the real domain"


def test_no_epoch_is_the_best_before_shapes_are_learned_and_its_weights_are_known_as_such():
    eval_set, model, known = make_eval_set(), build_model(), []
    for _ in range(3):
        learn(model, eval_set, 1, 2)
        again = build_model()
        again.load_networks({name: network.state_dict() for name, network in model.networks.items()})
        known.append((np.isfinite(model.evaluate(eval_set)["val_rmse"]), again.has_learned))
    assert known == [(False, False), (True, True), (True, True)]


@pytest.mark.slow
def test_a_small_data_set_is_learned_from_unpaired_real_images(monkeypatch):
    monkeypatch.setattr(domain_renderer, "N_RENDERINGS", 400)
    eval_set = make_eval_set()
    model = build_model(width=8, renderer_epochs=2, match_after_epochs=(4,), renderer_finetune_epochs=1)
    learn(model, eval_set, 8, 30)
    model.train(False)
    with torch.inference_mode():
        output = model.predict(torch.from_numpy(eval_set["real"].astype(np.float32))[:, None])
    error = (output.raw_depth[:, 0].numpy() - eval_set["depth"]) ** 2
    blank = (eval_set["level"][:, None, None] - eval_set["depth"]) ** 2
    assert np.sqrt(error.mean()) < 0.5 * np.sqrt(blank.mean())
    assert output.depth_u90.shape == output.raw_depth.shape and (output.depth_u90 > 0).all()
    assert output.floor_depth.shape == (40, 2) and torch.isfinite(output.ood_score).all()


def test_matching_before_any_shape_was_learned_is_refused():
    for epochs, message in (((6,), "6 must be above 6"), ((8, 9), "9 must be above 9")):
        with pytest.raises(ModelError, match=f"--match_after_epochs: {message}, where the stage before it ends"):
            build_model(match_after_epochs=epochs, renderer_epochs=6)


def test_the_shortest_training_that_messages_name_is_the_shortest():
    words = SHORTEST.replace("--", "").split()
    values = {name: tuple(map(int, text.split(","))) for name, text in zip(words[::2], words[1::2], strict=True)}
    n_epochs, matches = values.pop("n_epochs")[0], values.pop("match_after_epochs")
    options = DepthPipelineOptions(match_after_epochs=matches, **{name: value for name, (value,) in values.items()})
    options.check(n_epochs)
    with pytest.raises(ModelError, match="no epoch is left"):
        options.check(n_epochs - 1)
    with pytest.raises(ModelError, match=f"1 must be above 6, where the stage before it ends.*{SHORTEST}"):
        DepthPipelineOptions(match_after_epochs=(1, 2)).check()


def test_a_training_too_short_for_its_stages_is_refused():
    model = build_model(match_after_epochs=(8, 12))
    model.check_training(14)
    with pytest.raises(ModelError, match="come to 13: no epoch is left for shapes after 13"):
        model.check_training(13)


@pytest.mark.usefixtures("few_renderings")
def test_an_uncertain_level_widens_the_intervals():
    eval_set, model = make_eval_set(), build_model()
    learn(model, eval_set, 3, 2)
    model.train(False)
    sem = torch.from_numpy(eval_set["real"].astype(np.float32))[:, None]
    model.uncertainty.level_comparison.precision.zero_()  # the classifier alone decides
    outputs = []
    for logit in (30.0, 0.1):
        probs = torch.tensor([[logit, 0.0]]).softmax(1)
        model.calibration.predict_level = lambda sem, probs=probs: probs.expand(len(sem), 2)
        with torch.inference_mode():
            outputs.append(model.predict(sem))
    certain, uncertain = outputs
    assert ((uncertain.floor_depth[:, 1] - certain.floor_depth[:, 1]) >= 0).all()
    wider = uncertain.depth_u90[..., 0, 0] > certain.depth_u90[..., 0, 0]
    assert wider.all(), "the background is uncertain, too"


@pytest.mark.usefixtures("few_renderings")
@pytest.mark.parametrize("levels, real_level", [((150,), 0), ((140, 170), None), ((140, 150, 160, 170), None)])
def test_only_the_levels_of_the_real_images_are_predicted(levels, real_level):
    """0 is a level that nothing tells; the simulated pairs have the levels 140 and 170."""
    eval_set = make_eval_set()
    if real_level is not None:
        eval_set["real_level"] = eval_set["fitted_level"] = np.full_like(eval_set["real_level"], real_level)
    model = build_model(levels=levels, relative_depth=real_level == 0)
    learn(model, eval_set, 4, 2)
    assert model.has_absolute_scale == (real_level != 0)
    assert 0 <= model.evaluate(eval_set)["val_accuracy"] <= 1
    output = model.predict_batched(eval_set["real"].astype(np.float32))
    assert output.level_probs.shape == (40, len(levels))
    assert all(torch.isfinite(part).all() for part in output)


def test_images_of_unknown_level_need_one_nominal_level():
    eval_set, model = make_eval_set(), build_model()
    eval_set["real_level"] = np.zeros_like(eval_set["real_level"])
    with pytest.raises(
        ModelError, match="nothing tells the levels of the real images: name one only, as in --levels 140"
    ):
        model.step(make_batch(eval_set, 0))
