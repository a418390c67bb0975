"""The Python API: arrays in, finished depth maps out."""

import json

import numpy as np
import pytest
import torch

from models import MODELS, BaseModel, ModelError, ModelOutput, Predictor, build


class Mirror(BaseModel):
    """Depth is what it is given: what the predictor adds can be told apart."""

    def predict(self, sem):
        self.seen = sem.shape
        return ModelOutput(sem)


def holes(shape=(72, 48)):
    maps = np.full((2, *shape), 151, np.uint8)
    maps[0, shape[0] // 4 : shape[0] // 2, shape[1] // 4 : shape[1] // 2] = 30
    return maps


def predictor(**more):
    return Predictor(Mirror(None, torch.device("cpu")), **more)


def test_the_background_is_quantised_and_the_hole_left_alone():
    answer = predictor().predict(holes())
    assert (answer.raw_depth == holes()).all() and answer.level.tolist() == [150, 150]
    assert (answer.snapped[~answer.hole_mask] == 150).all() and answer.snapped.min() == 30
    assert answer.recentred is None and answer.final is answer.snapped


def test_a_centre_moves_the_holes():
    answer = predictor(centre=(35.5, 23.5)).predict(holes())
    assert answer.final is answer.recentred
    assert answer.final[0, 35, 23] == 30 and answer.snapped[0, 35, 23] == 30
    rows = np.flatnonzero((answer.final[0] < 90).any(axis=1))
    assert rows.mean() == pytest.approx(35.5, abs=0.01)


def test_a_system_that_learned_at_another_size_answers_at_the_images_size():
    one = predictor(size=(36, 24))
    answer = one.predict(holes())
    assert one.model.seen == (2, 1, 36, 24) and answer.snapped.shape == (2, 72, 48)
    assert np.abs(answer.raw_depth[1] - 151).max() < 1e-3


class Oracle(BaseModel):
    """Votes for level 170 and for a background above row 40, whatever it sees."""

    levels = (140, 170)
    knows_depth = True

    def predict(self, sem):
        rows = torch.arange(sem.shape[2])[None, None, :, None].expand(sem.shape)
        levels = torch.tensor([[0.2, 0.8]]).expand(len(sem), -1)
        return ModelOutput(sem if self.knows_depth else None, levels, (rows < 40).float())


def test_a_voted_level_is_set_inside_the_voted_mask_and_nowhere_else():
    system = Oracle(None, torch.device("cpu"))
    answer = Predictor(system, levels=(1, 2, 3)).predict(holes())
    assert answer.level.tolist() == [170, 170] and answer.level_probs[0] == pytest.approx([0.2, 0.8])
    assert (answer.snapped[:, :40] == 170).all() and (answer.snapped[:, 40:] == holes()[:, 40:]).all()
    system.knows_depth = False
    answer = Predictor(system).predict(holes())
    assert answer.raw_depth is None and answer.final is None and (~answer.hole_mask[:, :40]).all()


def test_one_image_without_a_batch_axis_is_named():
    with pytest.raises(ModelError, match="expected \\(N, H, W\\)"):
        predictor().predict(holes()[0])


def test_a_run_folder_says_how_to_predict(tmp_path):
    small = {"ngf": 2, "ndf": 2, "netG": "resnet_6blocks"}
    system = build("cycle_gan", MODELS["cycle_gan"].Options(**small), torch.device("cpu"))
    for name, network in system.networks.items():
        torch.save(network.state_dict(), tmp_path / f"latest_net_{name}.pth")
    more = {"hole_centre": [30, 20], "preprocess": "resize", "load_size": [40, 32]}
    (tmp_path / "opt.json").write_text(json.dumps({"model": "cycle_gan", **small, **more}))
    loaded = Predictor.load(tmp_path)
    assert loaded.centre == (30, 20) and loaded.size == (40, 32)
    assert Predictor.load(tmp_path, centre=()).centre == ()
    assert loaded.predict(holes()).final.shape == (2, 72, 48)
