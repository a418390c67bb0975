"""What a trained pipeline remembers of its calibration, and the intervals of measures that follow from it."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from models import Predictor
from models.pipeline import domain_renderer
from util.metrology import UNCERTAIN
from util.results import ResultBuilder

from .test_depth_pipeline import build_model, learn, make_eval_set


class Batch:
    """Images as test.py reads them."""

    def __init__(self, sem):
        self.images, self.stems, self.truth = sem, [str(n) for n in range(len(sem))], None
        self.sites, self.instruments = [], []


@pytest.fixture(scope="module")
def trained():
    eval_set, model = make_eval_set(), build_model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domain_renderer, "N_RENDERINGS", 100)
        patch.setattr(domain_renderer, "N_FIT", 96)
        learn(model, eval_set, 2, 2)
    return model


@pytest.fixture
def predictor(trained):
    return Predictor(copy.deepcopy(trained))


def test_predictions_with_a_known_truth_are_postprocessed_as_final_maps_are(predictor):
    known = predictor.recall_known()
    prediction, count = known.prediction, len(known.truth)
    assert count and known.truth.shape == prediction.final.shape == prediction.depth_u90.shape
    assert not known.is_real.any(), "no real image has matched"
    background = ~prediction.hole_mask
    assert (prediction.snapped == prediction.level[:, None, None])[background].all()
    assert set(prediction.level) <= set(predictor.levels) and set(known.truth.max((1, 2))) == {140, 170}
    again = dataclasses.replace(ResultBuilder(1.0, 0), snap_background=False)
    assert again.calibrated(known).factors is not None


def test_matched_real_images_are_among_them(predictor):
    model = predictor.model
    u, level_index, sem = model.domain_renderer.sample_renderings()
    model.pairs.store(sem.clamp(0, 255), u, level_index, torch.zeros(len(u), 2), is_real=True)
    model.calibrate(make_eval_set())
    known = predictor.recall_known()
    assert known.is_real.any() and not known.is_real.all()


def test_measures_have_intervals_unless_the_weights_are_older(predictor):
    sem = make_eval_set()["real"]
    output = predictor.infer(sem)

    def uncertain(pixel_nm=2.0):
        rows = ResultBuilder(1.2, pixel_nm).after(predictor)(Batch(sem), output)
        return {u90 for u90 in UNCERTAIN.values() if any(np.isfinite(row.measurements[u90]) for row in rows)}

    factors = ResultBuilder(1.2, 2.0).calibrated(predictor.recall_known()).factors
    assert factors and uncertain() == {UNCERTAIN[name] for name in factors} | {"depth_mean_u90_nm"}
    assert not any(name.startswith("swa") for name in uncertain(pixel_nm=0)), "angles need the pixel size"
    maps = predictor.model.uncertainty.held_out_maps
    maps.is_real = maps.is_real[:0]
    assert predictor.recall_known() is None
    assert uncertain() <= {"depth_mean_u90_nm", "cd_half_u90_nm"}
