"""The fraction of the ground truth that lies within the stated intervals."""

import numpy as np

from util.scoring.interval_coverage import IntervalCoverage


def scene():
    truth = np.full((2, 8, 8), 150.0)
    truth[:, 2:6, 2:6] = 30
    return truth, np.array([150, 150])


def test_background_is_skipped_and_holes_are_counted():
    truth, level = scene()
    depth = truth.copy()
    depth[0, 2:6, 2:6] += 3  # off by more than its interval
    coverage = IntervalCoverage()
    coverage.add(depth, truth, level, np.full(truth.shape, 2.0), np.array([[117.0, 2], [120, 2]]), np.array([0.4, 1.2]))
    assert coverage.summary() == {"coverage_pixels": 0.5, "coverage_floors": 0.5, "mean_u90": 2.0, "ood_rate": 0.5}


def test_a_hole_that_is_missed_counts_and_one_that_is_invented_too():
    truth, level = scene()
    missed, invented = np.full(truth.shape, 150.0), truth.copy()
    invented[:, 0, 0] = 60
    for depth, fraction in ((missed, 0.0), (invented, 32 / 34)):
        coverage = IntervalCoverage()
        coverage.add(depth, truth, level, np.full(truth.shape, 2.0), np.array([[0.0, 2]] * 2), np.zeros(2))
        assert coverage.summary()["coverage_pixels"] == fraction


def test_without_holes_there_is_no_coverage():
    flat = np.full((1, 8, 8), 140.0)
    coverage = IntervalCoverage()
    coverage.add(flat, flat, np.array([140]), np.ones(flat.shape), np.array([[0.0, 1]]), np.zeros(1))
    assert coverage.summary()["coverage_pixels"] is None and coverage.summary()["coverage_floors"] is None
