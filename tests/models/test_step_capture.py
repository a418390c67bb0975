"""Captured training steps: on a CPU by graphs that repeat the call, on a GPU, where there is one, by CUDA graphs."""

import copy

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from models import build
from models.training import StepCapture, StepOutput
from models.training.step_capture import MAX_GRAPHS, WARM_UP
from tests.models.tiny_models import LEARNING, batch, small

CPU = torch.device("cpu")
STEPS = 20
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


class NoWaiting(TorchDispatchMode):
    """Refuses what must not be captured: whatever brings values, or shapes that depend on values, to the program."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket._qualified_op_name.removeprefix("aten::")
        indices = args[1] if name in ("index", "index_put", "index_put_") else ()
        if name in ("_local_scalar_dense", "nonzero", "masked_select", "unique", "equal") or any(
            index is not None and index.dtype == torch.bool for index in indices
        ):
            raise RuntimeError(f"{name}: operation not permitted when stream is capturing\nand more lines")
        return function(*args, **(kwargs or {}))


class CallGraphs:
    """Repeats the call on the tensors that were captured, and overwrites the outputs, as a CUDA graph does."""

    def __init__(self):
        self.captured = []

    def run(self, step, inputs):
        return step(*inputs)

    def capture(self, step, inputs):
        held = []

        def replay():
            with NoWaiting():
                output = step(*inputs)
            held.append(output)
            for kept, new in zip(held[0], output, strict=True):
                for name, value in new.items():
                    kept[name].copy_(value)
            return held[0]

        self.captured.append([tuple(tensor.shape) for tensor in inputs])
        return replay


class RefusingGraphs(CallGraphs):
    def capture(self, step, inputs):
        with NoWaiting():
            step(*inputs)


def double(x):
    return StepOutput({"sum": (2 * x).sum()}, {"image": 2 * x})


def test_a_step_is_captured_after_its_warm_up_and_replayed_with_new_values():
    graphs, calls = CallGraphs(), []
    capture = StepCapture(CPU, graphs)
    for n in range(WARM_UP + 4):
        output = capture.run("step", double, torch.full((3,), float(n)))
        assert len(graphs.captured) == (n >= WARM_UP)
        assert torch.equal(output.images["image"], torch.full((3,), 2.0 * n))
        calls.append(output.losses["sum"])
    assert [float(loss) for loss in calls] == [6.0 * n for n in range(WARM_UP + 4)]  # no loss was overwritten


def test_every_shape_type_and_name_has_a_capture_of_its_own():
    graphs = CallGraphs()
    capture = StepCapture(CPU, graphs)
    inputs = [("a", torch.ones(4)), ("a", torch.ones(2)), ("b", torch.ones(4)), ("a", torch.ones(4).double())]
    for _ in range(2 * WARM_UP):
        for name, x in inputs:
            assert float(capture.run(name, double, x).losses["sum"]) == 2 * len(x)
    assert graphs.captured == [[(4,)], [(2,)], [(4,)], [(4,)]]
    capture.forget()
    capture.run("a", double, torch.ones(4))
    assert len(graphs.captured) == len(inputs)


def test_there_are_not_more_graphs_than_fit_into_memory():
    graphs = CallGraphs()
    capture = StepCapture(CPU, graphs)
    for _ in range(WARM_UP + 2):
        for size in range(1, MAX_GRAPHS + 4):
            assert float(capture.run("step", double, torch.ones(size)).losses["sum"]) == 2 * size
    assert len(graphs.captured) == MAX_GRAPHS


def test_a_step_that_cannot_be_captured_is_executed_and_one_line_says_why(capsys):
    capture = StepCapture(CPU, RefusingGraphs())

    def waiting(x):
        return StepOutput({"sum": x.sum() * (1 if x.sum() > 0 else 2)}, {})

    for n in range(1, WARM_UP + 4):
        assert float(capture.run("step", waiting, torch.full((2,), float(n))).losses["sum"]) == 2 * n
    printed = "".join(capsys.readouterr())
    assert printed.count("\n") == 1 and "_local_scalar_dense: operation not permitted" in printed


def test_several_processes_train_without_graphs_and_say_so(capsys):
    model = build("unet_regressor", small("unet_regressor"), CPU)
    model.capture = StepCapture(CPU, CallGraphs())
    model.capture.disable("several processes average their gradients in it")
    assert "without a CUDA graph" in "".join(capsys.readouterr())
    StepCapture(CPU).disable("nothing was captured anyway")
    assert not "".join(capsys.readouterr())


def train(model, steps, first=0):
    """Steps on full batches, every fourth on a smaller one, with a learning rate that falls."""
    for n in range(first, first + steps):
        model.set_learning_rate(1 - n / (2 * STEPS))
        losses = model.step(batch(n, 2 if n % 4 == 3 else 3))
    return losses


def weights_of(model):
    return {f"{key}.{name}": value for key, net in model.networks.items() for name, value in net.state_dict().items()}


@pytest.mark.usefixtures("few_renderings")
@pytest.mark.parametrize("name", LEARNING)
def test_a_captured_training_equals_an_eager_one(name):
    torch.manual_seed(0)
    eager = build(name, small(name, pool_size=3), CPU)
    captured = build(name, small(name, pool_size=3), CPU)
    captured.load_networks(copy.deepcopy({key: net.state_dict() for key, net in eager.networks.items()}))
    graphs = CallGraphs()
    captured.capture = StepCapture(CPU, graphs)
    torch.manual_seed(1)
    expected = train(eager, STEPS)
    torch.manual_seed(1)
    losses = train(captured, STEPS)
    assert all(torch.equal(losses[key], expected[key]) for key in expected)
    assert graphs.captured
    got = weights_of(captured)
    assert all(torch.equal(value, got[key]) for key, value in weights_of(eager).items())
    images = captured.get_visuals()
    assert all(torch.equal(value, images[key]) for key, value in eager.get_visuals().items())


@pytest.mark.usefixtures("few_renderings")
@pytest.mark.parametrize("name", LEARNING)
def test_a_captured_training_that_is_continued_equals_an_unbroken_one(name):
    torch.manual_seed(0)
    model = build(name, small(name, pool_size=3), CPU, seed=7)
    model.capture = StepCapture(CPU, CallGraphs())
    train(model, 9)
    other = build(name, small(name, pool_size=3), CPU, seed=7)
    other.capture = StepCapture(CPU, CallGraphs())
    train(other, 5, first=30)  # it has graphs, which a loaded state makes useless
    other.load_networks(copy.deepcopy({key: network.state_dict() for key, network in model.networks.items()}))
    other.load_state_dict(copy.deepcopy(model.state_dict()))
    other.load_rank_state_dict(copy.deepcopy(model.rank_state_dict()))
    random = torch.get_rng_state()
    expected = train(model, 9, first=9)
    torch.set_rng_state(random)
    losses = train(other, 9, first=9)
    assert all(torch.equal(losses[key], expected[key]) for key in expected)


@needs_gpu
@pytest.mark.usefixtures("few_renderings")
@pytest.mark.parametrize("name", LEARNING)
def test_on_a_gpu_a_captured_training_equals_an_eager_one_within_the_noise_of_float32(name, monkeypatch):
    """Two eager trainings differ, because sums are added up in any order: a captured one differs as much."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    device, states = torch.device("cuda", 0), []
    torch.manual_seed(0)
    first = build(name, small(name, pool_size=3), device)
    initial = copy.deepcopy({key: net.state_dict() for key, net in first.networks.items()})
    for graphs in (False, False, True):
        model = build(name, small(name, pool_size=3), device)
        model.load_networks(copy.deepcopy(initial))
        if not graphs:
            model.capture.disable("this is the eager training")
        torch.manual_seed(1)
        losses = train(model, STEPS)
        assert all(torch.isfinite(value) for value in losses.values())
        assert bool(model.capture._replays) == graphs
        states.append(vectors_of(model))
    start = vectors_of(first)
    for key, eager in states[0].items():  # whole networks: a bias before instance norm follows rounding errors alone
        noise, difference = ((state[key] - eager).abs().sum().item() for state in states[1:])
        moved = (eager - start[key]).abs().sum().item()
        assert difference <= max(10 * noise, 0.02 * moved), key


def vectors_of(model):
    """All weights of each network in one vector."""
    weights = {key: [weight.detach().flatten() for weight in net.parameters()] for key, net in model.networks.items()}
    return {key: torch.cat(parts) for key, parts in weights.items() if parts}


@needs_gpu
@pytest.mark.parametrize("name", [name for name in LEARNING if name != "depth_pipeline"])
def test_on_a_gpu_a_training_is_continued_where_it_stopped(name, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    device = torch.device("cuda", 0)
    torch.manual_seed(0)
    model = build(name, small(name, pool_size=3), device, seed=7)
    train(model, 9)
    state = {key: network.state_dict() for key, network in model.networks.items()}
    torch.save([state, model.state_dict(), model.rank_state_dict()], tmp_path / "state.pt")
    expected = train(model, 6, first=9)
    for place in (device, CPU):  # a run may be continued on another machine
        other = build(name, small(name, pool_size=3), place, seed=8)
        networks, system, rank = torch.load(tmp_path / "state.pt", map_location="cpu", weights_only=True)
        other.load_networks(networks)
        other.load_state_dict(system)
        other.load_rank_state_dict(rank)
        losses = train(other, 6, first=9)
        for key, value in expected.items():
            assert float(losses[key]) == pytest.approx(float(value), rel=0.02, abs=1e-4), (key, place)


@needs_gpu
def test_on_a_gpu_a_step_that_waits_for_the_device_goes_on_without_a_graph(capsys):
    capture = StepCapture(torch.device("cuda", 0))

    def waiting(x):
        return StepOutput({"sum": x.sum() * (1 if x.sum() > 0 else 2)}, {"noise": torch.rand_like(x)})

    for n in range(1, WARM_UP + 4):
        assert float(capture.run("step", waiting, torch.full((2,), float(n))).losses["sum"]) == 2 * n
    assert "".join(capsys.readouterr()).count("\n") == 1
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert torch.rand(3, device="cuda").isfinite().all()  # random numbers can still be drawn
