"""The stages of the depth pipeline: each learns what it says, a resume in the midst of any changes nothing, and what
the whole knows of a small world is right."""

import copy

import numpy as np
import pytest
import torch

from models import ModelError, build
from models.pipeline.pipeline_options import DepthPipelineOptions
from models.pipeline.warp import translate

SHORT = {"width": 4, "renderer_epochs": 1, "match_epochs": (2,), "matched_epochs": 1, "levels": (140, 170)}


def world(count=40, seed=0):
    """Pairs, real images and the library (N, H, W) of a world of discs, whose real images are brighter and off."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:32, :24]
    size, x, y = rng.uniform(6, 9, count), rng.uniform(11, 13, count), rng.uniform(15, 17, count)
    away = np.hypot(rows - y[:, None, None], columns - x[:, None, None])
    u = np.clip((size[:, None, None] - away) / 3, 0, 1)
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
    }


def batch(known, k, size=8):
    some = np.random.default_rng(k).integers(len(known["sem"]), size=size)
    images = {
        name: torch.from_numpy(known[name][some].astype(np.float32))[:, None] for name in ("sem", "depth", "real")
    }
    return images | {name: torch.from_numpy(known[name][some]) for name in ("level", "real_level")}


def learn(system, known, epochs, steps, first=0):
    """Some epochs, the first of which may have begun."""
    for epoch in range(epochs):
        system.set_learning_rate(1.0)
        for k in range(first if epoch == 0 else 0, steps):
            system.step(batch(known, 1000 * system.epochs + k))
        system.end_epoch(known)


def fresh(**changes):
    torch.manual_seed(0)
    return build("depth_pipeline", DepthPipelineOptions(**SHORT | changes), torch.device("cpu"))


@pytest.mark.parametrize("epoch", [0, 1, 2, 3])
def test_a_resume_in_the_midst_of_any_stage_changes_nothing(epoch):
    known, system = world(), fresh()
    learn(system, known, epoch, 3)
    system.set_learning_rate(1.0)
    system.step(batch(known, 1000 * system.epochs))
    state = copy.deepcopy(({key: one.state_dict() for key, one in system.networks.items()}, system.state_dict()))
    random = torch.get_rng_state()
    learn(system, known, 2, 3, first=1)

    other = fresh()
    other.load_networks(state[0])
    other.load_state_dict(state[1])
    torch.set_rng_state(random)
    learn(other, known, 2, 3, first=1)
    for key, network in system.networks.items():
        for name, value in network.state_dict().items():
            assert torch.equal(value, other.networks[key].state_dict()[name]), f"{key}.{name}"


def test_each_stage_learns_its_own_network():
    known, system = world(), fresh()
    seen = []
    for _ in range(4):
        before = copy.deepcopy({name: list(one.parameters()) for name, one in system.ddp_modules.items()})
        learn(system, known, 1, 2)
        changed = {
            name
            for name, one in system.ddp_modules.items()
            if any(not torch.equal(a, b) for a, b in zip(before[name], one.parameters(), strict=True))
        }
        seen.append(changed)
    assert seen == [{"R", "C"}, {"S", "C"}, {"R", "C"}, {"S", "C"}]
    assert system.appearance.neutral, "from now on the renderer itself draws the real domain"


def test_a_small_world_is_learned_from_unpaired_real_images():
    known, system = world(), fresh(width=8, renderer_epochs=2, match_after_epochs=(4,), renderer_finetune_epochs=1)
    learn(system, known, 8, 60)
    system.train(False)
    with torch.inference_mode():
        found = system.predict(torch.from_numpy(known["real"].astype(np.float32))[:, None])
    error = (found.raw_depth[:, 0].numpy() - known["depth"]) ** 2
    blank = (known["level"][:, None, None] - known["depth"]) ** 2
    assert np.sqrt(error.mean()) < 0.5 * np.sqrt(blank.mean())
    assert found.depth_u90.shape == found.raw_depth.shape and (found.depth_u90 > 0).all()
    assert found.floor_depth.shape == (40, 2) and torch.isfinite(found.ood_score).all()


def test_matching_before_any_shape_was_learned_is_refused():
    for epochs, said in (((6,), "6 must be above 6"), ((8, 9), "9 must be above 9")):
        with pytest.raises(ModelError, match=f"--match_epochs: {said}, where what comes before it ends"):
            fresh(match_after_epochs=epochs, renderer_epochs=6)


def test_a_training_too_short_for_its_stages_is_refused():
    system = fresh(match_after_epochs=(8, 12))
    system.check_epochs(14)
    with pytest.raises(ModelError, match="come to 13: no epoch is left for shapes after 13"):
        system.check_epochs(13)


def test_a_doubtful_level_widens_the_intervals():
    known, system = world(), fresh()
    learn(system, known, 3, 2)
    system.train(False)
    sem = torch.from_numpy(known["real"].astype(np.float32))[:, None]
    answers = []
    for doubt in (30.0, 0.1):
        system._posterior = lambda sem, doubt=doubt: torch.tensor([[doubt, 0.0]]).expand(len(sem), 2).softmax(1)
        with torch.inference_mode():
            answers.append(system.predict(sem))
    sure, unsure = answers
    assert ((unsure.floor[:, 1] - sure.floor[:, 1]) >= 0).all()
    assert unsure.interval[..., 0, 0].min() > sure.interval[..., 0, 0].max(), "the background's level is unknown, too"
