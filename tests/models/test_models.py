"""Every registered model: a step, a save, a reload, the same output."""

import copy
import math

import numpy as np
import pytest
import torch

from models import ModelError, build
from tests.models.tiny_models import LEARNING, batch, small

pytestmark = pytest.mark.usefixtures("few_renderings")


def eval_set():
    """A batch as arrays (N, H, W), and what the dataset kind `domains` adds."""
    arrays = {key: value.numpy().squeeze(1) if value.ndim == 4 else value.numpy() for key, value in batch().items()}
    library = {"library": arrays["depth"].astype("uint8"), "library_level": arrays["level"]}
    library["reshaped"] = np.array(False)
    return arrays | library | {name: np.array([True, False]) for name in ("real_held_out", "library_held_out")}


@pytest.mark.parametrize("name", LEARNING)
def test_one_step_learns_and_reloads_to_the_identical_output(name):
    torch.manual_seed(0)
    model = build(name, small(name), torch.device("cpu"))
    before = {key: [p.clone() for p in net.parameters()] for key, net in model.networks.items()}
    for _ in range(2 if name == "depth_pipeline" else 1):  # it trains its networks in stages
        losses = model.step(batch())
        model.end_epoch(eval_set())
    model.prepare_save(eval_set(), True)
    assert losses and all(torch.isfinite(value) for value in losses.values())
    for key, network in model.networks.items():
        if not before[key]:
            continue  # it has buffers, no weights
        assert any(not torch.equal(a, b) for a, b in zip(before[key], network.parameters(), strict=True)), key

    other = build(name, small(name), torch.device("cpu"))
    other.load_networks({key: network.state_dict() for key, network in model.networks.items()})
    other.load_state_dict(model.state_dict())
    sem = batch(1)["sem"]
    model.train(False)
    other.train(False)
    with torch.inference_mode():
        prediction, again = model.predict(sem), other.predict(sem)
    assert any(part is not None for part in prediction)
    for part, same in zip(prediction, again, strict=True):
        assert part is None or torch.equal(part, same)
    if prediction.raw_depth is not None:
        assert (
            prediction.raw_depth.shape == sem.shape
            and prediction.raw_depth.min() >= 0
            and prediction.raw_depth.max() <= 255
        )
    if prediction.level_probs is not None:
        assert prediction.level_probs.shape == (2, len(model.levels)) and prediction.level_probs.sum(
            dim=1
        ) == pytest.approx(1)
    if prediction.background_prob is not None:
        assert (
            prediction.background_prob.shape == sem.shape
            and prediction.background_prob.min() >= 0
            and prediction.background_prob.max() <= 1
        )


@pytest.mark.parametrize("name", LEARNING)
def test_validation_metrics_are_finite_and_the_training_continues(name):
    model = build(name, small(name), torch.device("cpu"))
    for _ in range(2):  # a pipeline has no RMSE before its first epoch of shapes has ended
        model.end_epoch(eval_set())
    metrics = model.evaluate(eval_set())
    assert metrics and all(math.isfinite(value) for value in metrics.values())
    assert all(network.training for network in model.networks.values())
    model.step(batch())
    assert all(image.ndim == 4 and image.shape[1] == 1 for image in model.get_visuals().values())


@pytest.mark.parametrize("name", LEARNING)
def test_a_preview_shows_the_same_example_whatever_the_last_step_showed(name):
    """One follows it on the page; it changes nothing of the training, not even its random numbers."""
    model, previews = build(name, small(name), torch.device("cpu")), []
    for k in range(3):
        model.step(batch(k))
        model.end_epoch(eval_set())
        model.evaluate(eval_set())
        state = torch.get_rng_state()
        previews.append(model.preview(eval_set()))
        assert torch.equal(torch.get_rng_state(), state) and all(each.training for each in model.networks.values())
    assert all(image.shape[:2] == (1, 1) and image.isfinite().all() for image in previews[-1].values())
    given = {"sem", "real_A", "real_B", "truth"} & previews[0].keys()
    assert given and all(torch.equal(previews[0][key], shown[key]) for key in given for shown in previews)
    predicted = previews[-1].keys() & {"depth", "fake_B", "shape", "contour", "confusion"}
    assert predicted, "what the model makes of the example stands beside it"


@pytest.mark.parametrize("name", LEARNING)
def test_a_reloaded_model_continues_as_the_uninterrupted_one(name):
    torch.manual_seed(0)
    model = build(name, small(name, pool_size=3), torch.device("cpu"), seed=7)
    for k in range(4):
        model.step(batch(k))
    other = build(name, small(name, pool_size=3), torch.device("cpu"), seed=99)
    # A copy, as a file would be: optimisers share the tensors of a state that they load.
    other.load_networks({key: copy.deepcopy(network.state_dict()) for key, network in model.networks.items()})
    other.load_state_dict(copy.deepcopy(model.state_dict()))
    other.load_rank_state_dict(copy.deepcopy(model.rank_state_dict()))
    for k in range(4, 7):
        expected, got = model.step(batch(k)), other.step(batch(k))
        assert all(torch.equal(expected[key], got[key]) for key in expected)


def test_the_state_loads_without_running_code(tmp_path):
    model = build("cycle_gan", small("cycle_gan"), torch.device("cpu"))
    model.step(batch())
    torch.save(model.state_dict() | model.rank_state_dict(), tmp_path / "state.pt")
    assert torch.load(tmp_path / "state.pt", weights_only=True).keys() >= model.state_dict().keys()


def test_an_unknown_model_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ModelError, match=r"cycle_gann.*known: cycle_gan"):
        build("cycle_gann", None, torch.device("cpu"))


def test_a_wrong_architecture_is_one_line():
    small_one, wide = (build("cycle_gan", small("cycle_gan", ngf=n), torch.device("cpu")) for n in (4, 8))
    with pytest.raises(ModelError, match="weights of G_A do not fit") as error:
        wide.load_networks({"G_A": small_one.networks["G_A"].state_dict()})
    assert "\n" not in str(error.value)


def test_parameters_of_a_cycle_gan_are_those_of_the_generator_that_predicts():
    model = build("cycle_gan", small("cycle_gan"), torch.device("cpu"))
    assert model.n_parameters == sum(weight.numel() for weight in model.networks["G_A"].parameters())


def test_identity_generators_have_no_cycle_and_no_identity_loss():
    model = build("cycle_gan", small("cycle_gan"), torch.device("cpu"))
    same = torch.nn.Conv2d(1, 1, 1, bias=False)
    torch.nn.init.ones_(same.weight)
    model.ddp_modules["G"].sem_to_depth = model.ddp_modules["G"].depth_to_sem = same
    losses = model.step(batch())
    assert all(losses[name] == 0 for name in ("cycle_A", "cycle_B", "idt_A", "idt_B"))
