"""Predictions with a known truth are kept in the weights, small, and come back nearly as they were."""

import torch

from models.pipeline import UncertaintyCalibration
from models.pipeline.held_out_maps import HeldOutMaps, Known

from .scenes import holes


def make_known(count=6):
    u, probs = holes(count), torch.rand(count, 4).softmax(1)
    u90 = 0.45 + 60 * torch.rand(u.shape) ** 4
    return Known(u, u90, probs, (150 - 120 * u).round(), torch.arange(count) > 3)


def test_what_is_stored_comes_back_through_a_file(tmp_path):
    stored, calibration = make_known(), UncertaintyCalibration()
    calibration.held_out_maps.store(stored)
    torch.save(calibration.state_dict(), tmp_path / "T.pth")
    again = UncertaintyCalibration()
    again.load_state_dict(torch.load(tmp_path / "T.pth", weights_only=True))
    known = again.held_out_maps.restore()
    assert (known.u - stored.u).abs().max() <= 0.5 / 200 + 1e-6, "half a grey level"
    assert ((known.depth_u90 - stored.depth_u90).abs() / stored.depth_u90).max() < 0.1
    assert all(torch.equal(getattr(known, name), getattr(stored, name)) for name in ("truth", "level_probs", "is_real"))


def test_a_map_takes_three_bytes_a_pixel():
    maps = HeldOutMaps()
    maps.store(make_known())
    n_bytes = sum(buffer.numel() * buffer.element_size() for buffer in maps.buffers())
    assert n_bytes < 3.05 * make_known().u.numel()


def test_older_weights_have_none():
    calibration = UncertaintyCalibration()
    older = {name: value for name, value in calibration.state_dict().items() if "held_out" not in name}
    calibration.held_out_maps.store(make_known())
    again = UncertaintyCalibration()
    again.load_state_dict(older)
    assert again.held_out_maps.restore() is None and calibration.held_out_maps.restore() is not None
