"""Bias, 3 sigma and coverage of measures."""

import numpy as np
import pytest

from util.metrology.quantity_names import difference
from util.results.image_result import ImageResult
from util.scoring.measurement_errors import MeasurementErrors

SEM = np.zeros((4, 4))


def hole(found, truth):
    return ImageResult("", SEM, measurements=found, true_measurements=truth)


def test_bias_spread_and_coverage_over_batches():
    errors = MeasurementErrors()
    for error in (1.0, 2.0, 6.0):
        found = {"depth_mean_nm": 100 + error, "depth_mean_u90_nm": 2.0, "depth_max_nm": 110 + error}
        errors.add([hole(found, {"depth_mean_nm": 100.0, "depth_mean_u90_nm": np.nan, "depth_max_nm": 110.0})])
    said = errors.summary()
    assert said["depth_mean_nm"] == pytest.approx({"n": 3, "bias": 3, "three_sigma": 3 * 7**0.5, "coverage": 2 / 3})
    assert said["depth_max_nm"]["coverage"] is None and "depth_mean_u90_nm" not in said


def test_what_is_not_measurable_or_has_no_truth_does_not_count():
    errors = MeasurementErrors()
    errors.add([hole({"depth_max_nm": np.nan}, {"depth_max_nm": 1.0}), hole({"depth_max_nm": 1.0}, None)])
    errors.add([hole({"depth_max_nm": 3.0}, {"depth_max_nm": 1.0}), ImageResult("", SEM)])
    assert errors.summary() == {"depth_max_nm": {"n": 1, "bias": 2.0, "three_sigma": None, "coverage": None}}


def test_orientations_repeat_after_half_a_turn():
    assert difference("orientation_deg", 89, -89) == -2 and difference("orientation_deg", -85, 85) == 10
    assert difference("swa_left_deg", 89, -89) == 178
