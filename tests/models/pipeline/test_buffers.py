"""State dicts with the former names of buffers load, as those of pretrained/holes and of older runs."""

from pathlib import Path

import pytest
import torch

from models.pipeline import Appearance, RendererPairs, ShapeLibrary, UncertaintyCalibration

PRETRAINED = Path(__file__).parents[3] / "pretrained" / "holes"

# By the letter of the network's file: how to make a module, and the names of all its buffers, former to present.
MODULES = {
    "A": (
        lambda: Appearance(4),
        {
            "blur": "blur",
            "curve": "curve",
            "residual": "edge_correction",
            "variance": "variance",
            "jitter": "jitter",
            "offset": "offset",
            "brightest": "max_grey",
        },
    ),
    "L": (
        ShapeLibrary,
        {
            "maps": "maps",
            "level": "level",
            "held_out": "held_out",
        },
    ),
    "P": (
        RendererPairs,
        {"sem": "sem", "u": "u", "level": "level_index", "offset": "offset", "matched": "is_real"},
    ),
    "T": (
        UncertaintyCalibration,
        {"pixel": "pixel_factor", "floor": "floor_factor", "limits": "ood_thresholds"},
    ),
}


def fill(module):
    """Gives every buffer distinct values, and those of unknown size five rows."""
    for k, (name, buffer) in enumerate(module.named_buffers()):
        shape = (5, *buffer.shape[1:]) if name in module.RESIZED else buffer.shape
        values = torch.arange(k + 1, k + 1 + torch.Size(shape).numel())
        part, _, own_name = name.rpartition(".")
        setattr(module.get_submodule(part), own_name, values.reshape(shape).to(buffer.dtype))
    return module


def added_buffers(module):
    """Names of the buffers that older files lack, those of parts included."""
    return {f"{part}.{name}".lstrip(".") for part, child in module.named_modules() for name in child.ADDED}


@pytest.mark.parametrize("key", MODULES)
def test_former_names_of_buffers_load(key):
    make_module, names = MODULES[key]
    expected = fill(make_module()).state_dict()
    added = added_buffers(make_module())
    assert set(names.values()) | added == set(expected)
    state = {former: expected[name] for former, name in names.items()}
    module = make_module()
    module.load_state_dict(state)
    assert set(module.state_dict()) == set(expected), "saved under the present names"
    initial = make_module().state_dict()
    for name, value in module.state_dict().items():
        assert torch.equal(value, (initial if name in added else expected)[name]), name
    assert set(state) == set(names), "the caller's dict is left alone"

    module = make_module()
    module.load_state_dict(expected)
    assert all(torch.equal(value, expected[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize("key", MODULES)
def test_pretrained_buffers_load(key):
    make_module, names = MODULES[key]
    state = torch.load(PRETRAINED / f"latest_net_{key}.pth", weights_only=True)
    module = make_module()
    module.load_state_dict(state)
    known = names | {name: name for name in module.state_dict()}
    for name, value in state.items():
        if key == "L" and name not in known:
            assert module.needs_calibration, "its look-up was calibrated with other features"
            continue
        assert torch.equal(module.state_dict()[known[name]], value), name
