"""The state of an optimiser goes from a CPU to a GPU and back: learning rate as a number, and as a tensor."""

import copy

import pytest
import torch

from models.training import adam_options, load_optimiser, set_lr

CPU = torch.device("cpu")
LIKE_GPU = {"lr": torch.tensor(0.01), "fused": True, "capturable": True}  # what adam_options gives on a GPU


def new(options, kind=torch.optim.Adam, layout=torch.contiguous_format):
    torch.manual_seed(0)
    network = torch.nn.Conv2d(3, 4, 3).to(memory_format=layout)
    return network, kind(network.parameters(), **(options | {"lr": copy.copy(options["lr"])}))


def steps(network, optimiser, first, count):
    for n in range(first, first + count):
        optimiser.zero_grad(set_to_none=True)
        generator = torch.Generator().manual_seed(n)
        network(torch.randn(2, 3, 5, 5, generator=generator)).square().mean().backward()
        optimiser.step()


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("before", ["number", "tensor", "before fused Adam"])
@pytest.mark.parametrize("after", ["number", "tensor"])
def test_a_training_continues_whatever_the_learning_rate_was(before, after, kind, layout, tmp_path):
    ways = {"number": adam_options(0.01, CPU), "tensor": LIKE_GPU, "before fused Adam": {"lr": 0.01}}
    network, optimiser = new(ways[before], kind)
    set_lr(optimiser, 0.005)
    steps(network, optimiser, 0, 4)
    torch.save((network.state_dict(), optimiser.state_dict()), tmp_path / "state.pt")
    steps(network, optimiser, 4, 4)

    weights, state = torch.load(tmp_path / "state.pt", weights_only=True)
    other, continued = new(ways[after], kind, layout)
    own_lr = continued.param_groups[0]["lr"]
    other.load_state_dict(weights)
    load_optimiser(continued, state)
    group = continued.param_groups[0]
    assert float(group["lr"]) == pytest.approx(0.005) and (group["lr"] is own_lr or after == "number")
    assert isinstance(group["lr"], torch.Tensor) == (after == "tensor")
    assert group["fused"] and group["capturable"] == (after == "tensor")
    for weight, moments in continued.state.items():
        assert moments["step"].device == weight.device and moments["exp_avg"].stride() == weight.stride()
    steps(other, continued, 4, 4)
    for one, two in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.allclose(one, two, atol=1e-6)
        assert torch.equal(one, two) or before != after or layout != torch.contiguous_format


def test_a_learning_rate_that_is_a_tensor_is_changed_in_place():
    for options in (adam_options(0.01, CPU), LIKE_GPU):
        _, optimiser = new(options)
        before = optimiser.param_groups[0]["lr"]
        set_lr(optimiser, 0.25)
        after = optimiser.param_groups[0]["lr"]
        assert float(after) == 0.25 and (after is before or not isinstance(before, torch.Tensor))
