"""The 90 % intervals of measures hold 90 % of holes that were not calibrated with, whatever their pixels' U90 is."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from util.metrology import UNCERTAIN, KnownMaps, calibrate_intervals, measure_holes
from util.metrology.interval_scale import EDGES_FACTOR
from util.metrology.measure_intervals import conformal_quantile

CALIBRATED = [name for name in UNCERTAIN if name != "depth_mean_nm"]
COUNT = 300


def holes(count=COUNT, seed=0, trench=False):
    """True depths (N, 48, 40) [nm] of holes with soft walls."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:48, :40]
    size, depth = rng.uniform(9, 13, (count, 1, 1)), rng.uniform(100, 140, (count, 1, 1))
    distance = np.abs(x - 19.6)[None] if trench else np.hypot(1.2 * (x - 19.6), y - 23.3)[None]
    return depth * np.clip((size + 2.5 - distance) / 5, 0, 1)


def known(count=COUNT, seed=0, error=1.0, is_real=None, trench=False):
    """Predictions whose errors are correlated over some pixels and larger in some maps, where U90 is larger, too."""
    rng, true = np.random.default_rng(seed + 100), holes(count, seed, trench)
    in_hole = true > 0
    scale = rng.uniform(0.5, 4, (count, 1, 1)) * in_hole
    noise = gaussian_filter(rng.normal(size=true.shape), (0, 2, 2)) * 7
    predicted = (true + error * scale * noise).clip(0) * in_hole
    real = np.arange(count) % 2 == 0 if is_real is None else np.full(count, is_real)
    return KnownMaps(predicted, true, 0.4 + 2 * scale, real)


def coverage(maps, factors, pixel_nm=1.0):
    """By measure, the fraction of the true values inside their intervals."""
    found = measure_holes(maps.predicted_nm, pixel_nm, maps.u90_nm, factors=factors)
    truth = measure_holes(maps.true_nm, pixel_nm)
    return {name: float(np.mean(np.abs(found[name] - truth[name]) <= found[UNCERTAIN[name]])) for name in CALIBRATED}


@pytest.mark.parametrize("pixel_nm", [1.0, 2.5])
def test_each_interval_holds_nine_tenths_of_new_holes_and_another_factor_does_not(pixel_nm):
    factors, new = calibrate_intervals(known(is_real=True), pixel_nm), known(seed=1)
    assert list(factors) == CALIBRATED
    held = coverage(new, factors, pixel_nm)
    assert all(0.85 < fraction < 0.95 for fraction in held.values()), held
    for wrong in (0.6, 1.6):
        held = coverage(new, {name: wrong * factor for name, factor in factors.items()}, pixel_nm)
        assert all(fraction < 0.85 or fraction > 0.95 for fraction in held.values()), held


def test_the_intervals_follow_the_uncertainty_of_each_image():
    factors, new = calibrate_intervals(known(is_real=True)), known(seed=1, count=600)
    is_wide = new.u90_nm.max((1, 2)) > np.median(new.u90_nm.max((1, 2)))
    for part in (is_wide, ~is_wide):
        held = coverage(KnownMaps(*(field[part] for field in new)), factors)
        assert all(0.8 < fraction < 0.98 for fraction in held.values()), held


@pytest.mark.parametrize("worse_is_real", [False, True])
def test_the_worse_of_renderings_and_real_images_decides(worse_is_real):
    worse, better = known(is_real=worse_is_real, error=2.0), known(seed=1, is_real=not worse_is_real)
    both = calibrate_intervals(KnownMaps(*map(np.concatenate, zip(worse, better, strict=True))))
    alone = calibrate_intervals(worse)
    assert all(both[name] == alone[name] for name in CALIBRATED if worse_is_real or not name.startswith("cd_"))
    assert all(both[name] <= alone[name] for name in CALIBRATED), "real images that err less verify the CDs"


def test_without_real_images_a_cd_may_be_off_along_its_whole_contour():
    factors = calibrate_intervals(known(error=0.1, is_real=False))
    assert {factors[f"cd_{height}_nm"] for height in ("top", "half", "bottom")} == {EDGES_FACTOR}
    assert all(factors[name] < 1 for name in ("swa_left_deg", "volume_nm3"))


def test_what_cannot_be_measured_or_was_not_measured_often_enough_has_no_interval():
    trenches = known(is_real=True, trench=True)
    factors = calibrate_intervals(trenches)
    assert "cd_half_nm" not in factors and "swa_top_deg" not in factors and factors["swa_left_deg"] > 0
    found = measure_holes(trenches.predicted_nm, 1.0, trenches.u90_nm, factors=factors)
    assert np.isnan(found["cd_half_u90_nm"]).all() and np.isfinite(found["swa_left_u90_deg"]).all()
    assert calibrate_intervals(known(count=8, is_real=True)) == {}
    assert calibrate_intervals(known(count=0)) == {}
    flat = np.zeros((2, 48, 40))
    found = measure_holes(flat, 1.0, flat + 1, factors=calibrate_intervals(known()))
    assert all(np.isnan(found[u90]).all() for u90 in UNCERTAIN.values())


def test_a_map_that_is_certain_has_small_intervals():
    factors, true = calibrate_intervals(known(is_real=True)), holes(20, seed=3)
    found = measure_holes(true, 1.0, np.full_like(true, 0.6), factors=factors)
    assert all((found[UNCERTAIN[name]] > 0).all() for name in CALIBRATED)
    assert found["cd_half_u90_nm"].max() < 0.1 and (found["volume_u90_nm3"] / found["volume_nm3"]).max() < 0.01


def test_without_a_calibration_only_the_cd_at_half_depth_has_an_interval():
    found = measure_holes(known().predicted_nm, 1.0, known().u90_nm)
    has_interval = [name for name in CALIBRATED if np.isfinite(found[UNCERTAIN[name]]).all()]
    assert has_interval == ["cd_half_nm"]


def test_an_error_of_the_surface_does_not_average_out():
    true = holes(4)
    u90 = np.where(true > 0, 0.0, 6.0) + 6.0 * (1 - true / true.max((1, 2), keepdims=True)) * (true > 0)
    found = measure_holes(true, 1.0, u90, factors=dict.fromkeys(CALIBRATED, 0.0))
    slope = true.max((1, 2)) / 5
    assert found["cd_half_u90_nm"] == pytest.approx(0.9 * 3 / slope, rel=0.15), "a tenth is always the hole's own"


@pytest.mark.parametrize("count, rank", [(9, 9), (19, 18), (99, 90)])
def test_the_quantile_counts_the_new_image_too(count, rank):
    scores = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    assert conformal_quantile(np.append(scores, np.nan)) == rank
    assert np.isnan(conformal_quantile(scores[:8]))
