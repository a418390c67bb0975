"""Laws of the rendering, and its trends against Monte Carlo images of electron transport."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from data.simulator.hole_geometry import normalised_depth, random_hole
from data.simulator.image_formation import (
    BRIGHTEST,
    add_charging,
    add_line_noise,
    add_shot_noise,
    add_stage_offset,
    clean_signal,
    sem_image,
    to_grey,
    visible_fraction,
)
from data.simulator.instrument import REAL, SIMULATION

MC = Path(__file__).parents[1] / "mc"
# What differs between the contest's instrument and the Monte Carlo one: pixel, beam, and the rim of PMMA at 500 eV.
PMMA = dataclasses.replace(
    SIMULATION,
    pixel_nm=1.0,
    beam_sigma_px=1.0,
    edge_depth_nm=1.0,
    edge_bloom=0.75,
    edge_decay_nm=3.8,
    edge_rounding_nm=1.0,
)


def hole(seed=0, depth=110.0):
    return depth * normalised_depth(random_hole(np.random.default_rng(seed)))


@pytest.mark.parametrize("instrument", [SIMULATION, REAL])
def test_a_flat_surface_is_constant_grey(instrument):
    signal = clean_signal(np.zeros((72, 48)), instrument)
    assert np.allclose(signal, signal[0, 0])


def test_deeper_floors_are_darker():
    floors = [clean_signal(hole(depth=depth), SIMULATION)[33:38, 20:26].mean() for depth in (60, 110, 120, 130, 140)]
    assert all(deep < shallow for shallow, deep in pairwise(floors))


def test_the_floor_is_brightest_in_its_middle_and_the_rim_brighter_than_the_surface():
    signal = clean_signal(hole(), SIMULATION)
    assert signal[35, 23] > signal[35, 15] and signal[35, 23] > signal[35, 31]
    assert signal.max() > 1.2


@pytest.mark.parametrize("axis", [0, 1])
def test_flips_commute_with_the_clean_image(axis):
    depth = hole(3)
    assert np.allclose(
        np.flip(clean_signal(depth, SIMULATION), axis), clean_signal(np.flip(depth, axis), SIMULATION), atol=1e-4
    )


@pytest.mark.parametrize("radius, depth", [(10, 20), (15, 15)])
def test_visible_fraction_of_a_round_hole(radius, depth):
    y, x = np.mgrid[:91, :91] - 45
    inside = np.hypot(y, x) <= radius
    visible = visible_fraction(np.where(inside, float(depth), 0.0), inside, 1.0)
    assert visible[45, 45] == pytest.approx(radius**2 / (radius**2 + depth**2), rel=0.06)


@pytest.mark.parametrize("electrons", [50.0, 400.0])
@pytest.mark.parametrize("bunching", [1.0, 3.0])
def test_noise_variance_follows_the_dose(electrons, bunching):
    instrument = dataclasses.replace(SIMULATION, electrons=electrons, bunching=bunching)
    signal = np.full((300, 300), 0.7, dtype=np.float32)
    detected = add_shot_noise(signal, instrument, np.random.default_rng(0))
    assert detected.mean() == pytest.approx(0.7, rel=0.01)
    assert detected.var() == pytest.approx(bunching * 0.7 / electrons, rel=0.03)


def test_the_black_level_has_no_noise():
    instrument = dataclasses.replace(SIMULATION, black_level=0.2)
    assert np.allclose(add_shot_noise(np.full((9, 9), 0.2), instrument, np.random.default_rng(0)), 0.2)


def test_every_image_has_the_contests_maximum_and_repeats_with_its_seed():
    clean = clean_signal(hole(), REAL)
    first, second, different = (sem_image(clean, REAL, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.max() == BRIGHTEST and first.dtype == np.uint8
    assert np.array_equal(first, second) and not np.array_equal(first, different)


def test_jitter_moves_real_images_within_its_bounds_and_simulated_ones_not():
    clean = np.zeros((72, 48), dtype=np.float32)
    clean[30:40, 20:30] = 1
    assert add_stage_offset(clean, SIMULATION, np.random.default_rng(0)) is clean
    columns = np.arange(48)
    centres = [
        (add_stage_offset(clean, REAL, np.random.default_rng(n)).sum(0) * columns).sum() / 100 for n in range(200)
    ]
    assert np.abs(np.array(centres) - 24.5).max() <= REAL.jitter_x_px + 1e-4
    assert np.std(centres) == pytest.approx(REAL.jitter_x_px / np.sqrt(3), rel=0.15)


def test_charging_darkens_what_the_scan_meets_after_a_bright_rim_and_nothing_before_it():
    instrument = dataclasses.replace(SIMULATION, charging=0.3, charging_px=5.0)
    signal = np.ones((3, 60), dtype=np.float32)
    signal[:, 20:24] = 2
    change = add_charging(signal, instrument) - signal
    assert np.all(change[:, :21] == 0) and np.all(change[:, 24:40] < 0)
    assert change[0, 29] / change[0, 24] == pytest.approx(np.exp(-1), rel=0.01)
    assert change.sum(axis=1) == pytest.approx(-0.3 * 4, rel=0.01)  # the tail takes the stated share of the excess
    assert add_charging(signal, SIMULATION) is signal


def test_lines_have_a_gain_and_an_offset_of_their_own():
    gains = dataclasses.replace(SIMULATION, line_gain=0.02)
    lines = add_line_noise(np.ones((2000, 8), dtype=np.float32), gains, np.random.default_rng(0))
    assert np.ptp(lines, axis=1).max() < 1e-6 and lines[:, 0].std() == pytest.approx(0.02, rel=0.1)
    offsets = dataclasses.replace(SIMULATION, line_jitter_px=0.3)
    ramp = np.tile(np.arange(20, dtype=np.float32), (2000, 1))
    shift = add_line_noise(ramp, offsets, np.random.default_rng(0))[:, 10] - 10
    assert shift.std() == pytest.approx(0.3, rel=0.1) and abs(shift.mean()) < 0.03


def test_the_gain_curve_keeps_black_and_the_maximum():
    signal = np.array([[0, 0.5, 1.0, 2.0]])
    assert to_grey(signal).tolist() == [[0, 53, 106, 212]]
    assert to_grey(signal, 2.0).tolist() == [[0, 13, 53, 212]]


def monte_carlo(pattern):
    """Relative Monte Carlo and analytic images with the distance [nm] from the edge, in the order of their names."""
    for path in sorted(MC.glob(pattern)):
        with np.load(path) as file:
            depth, se = file["depth"].astype(float), file["se"]
        distance = distance_transform_edt(depth <= 1)
        floor = distance_transform_edt(depth >= 0.98 * depth.max()) > 3
        yield se / se[distance > 10].mean(), clean_signal(depth, PMMA), distance, floor


@pytest.mark.parametrize("series, rises", [("A_*", False), ("C_*", True)])
def test_floor_brightness_rises_and_falls_as_in_monte_carlo(series, rises):
    expected, got = np.array([(se[f].mean(), model[f].mean()) for se, model, _, f in monte_carlo(series)]).T
    assert (np.diff(expected) > 0).all() == rises  # the series itself
    assert ((np.diff(got) > 0) == rises).all()
    assert np.corrcoef(np.log(expected), np.log(got))[0, 1] > 0.99


def test_floor_brightness_is_monte_carlos_but_for_one_gain():
    """Over depth and radius together; the floor's material has a yield of its own, so that one gain is free."""
    expected, got = np.array([(se[f].mean(), model[f].mean()) for se, model, _, f in monte_carlo("*.npz")]).T
    assert len(expected) == 9
    error = np.log(got / expected)
    assert np.abs(error - error.mean()).max() < np.log(1.25)


def test_the_rim_has_monte_carlos_height_and_decay():
    for se, model, distance, _ in monte_carlo("A_*"):
        for inner, outer in ((1, 3), (3, 5), (5, 7), (7, 9)):
            ring = (distance > inner) & (distance <= outer)
            assert model[ring].mean() == pytest.approx(se[ring].mean(), abs=0.1)
