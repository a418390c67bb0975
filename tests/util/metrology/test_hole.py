"""The measurements of holes against the analytic truth of elliptic frustums, trenches and what is no hole."""

import numpy as np
import pytest

from util.metrology.hole_measurement import measure_holes
from util.metrology.quantity_names import QUANTITIES

FINE = 8


def frustum(x, y, a, b, angle, wall, depth, size=(72, 48)):
    """An elliptic frustum of half axes a, b and `wall` px from top to floor along x, averaged over pixels."""
    rows, columns = (np.indices((size[0] * FINE, size[1] * FINE)) + 0.5) / FINE - 0.5
    rows, columns = rows - y, columns - x
    cosine, sine = np.cos(angle), np.sin(angle)
    u, v = cosine * columns - sine * rows, sine * columns + cosine * rows
    share = ((1 - np.hypot(u / a, v / b)) * a / wall).clip(0, 1)
    return depth * share.reshape(size[0], FINE, size[1], FINE).mean(axis=(1, 3))


def frustums(count, seed=0):
    """Random frustums, and the true values of their quantities."""
    rng, maps, truths = np.random.default_rng(seed), [], []
    for _ in range(count):
        a, wall, depth = rng.uniform(11, 16), rng.uniform(3, 6), rng.uniform(90, 150)
        b, angle = rng.uniform(a + 3, 27), np.radians(rng.uniform(-5, 5))
        x, y = 23.5 + rng.uniform(-2, 2), 35.5 + rng.uniform(-2, 2)
        maps.append(frustum(x, y, a, b, angle, wall, depth))
        shrunk, floor = (lambda share, lost=wall / a: 1 - share * lost), 1 - wall / a
        chord_x = 2 / np.hypot(np.cos(angle) / a, np.sin(angle) / b)
        chord_y = 2 / np.hypot(np.sin(angle) / a, np.cos(angle) / b)
        truth = {"depth_median_nm": depth, "depth_max_nm": depth, "ellipticity": b / a, "floor_sq_nm": 0}
        truth |= {"orientation_deg": 90 + np.degrees(angle), "centre_x_nm": x + 0.5, "centre_y_nm": y + 0.5}
        truth["volume_nm3"] = depth * np.pi * a * b * (1 + floor + floor**2) / 3
        for name, share in (("top", 0.1), ("half", 0.5), ("bottom", 0.9)):
            truth[f"cd_{name}_nm"] = 2 * np.sqrt(a * b) * shrunk(share)
            truth[f"cd_{name}_x_nm"], truth[f"cd_{name}_y_nm"] = chord_x * shrunk(share), chord_y * shrunk(share)
        side, end = (np.degrees(np.arctan2(depth, chord * wall / a / 2)) for chord in (chord_x, chord_y))
        truth |= dict(
            zip((f"swa_{at}_deg" for at in ("left", "right", "top", "bottom")), (side, side, end, end), strict=True)
        )
        truths.append(truth)
    return np.array(maps), {name: np.array([truth[name] for truth in truths]) for name in truths[0]}


LIMITS = {"cd": 0.4, "swa": 0.4, "depth": 1e-3, "centre": 0.1, "ellipticity": 0.03, "orientation": 0.5, "floor": 1.5}


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_frustums_are_measured_as_they_are(scale):
    maps, truth = frustums(40)
    found = measure_holes(maps, pixel_nm=scale)
    for name, true in truth.items():
        power = {"nm": 1, "nm3": 2}.get(name.rsplit("_", 1)[-1], 0) if name[:2] in ("cd", "ce", "vo") else 0
        if name.startswith("swa"):
            true = np.degrees(np.arctan(np.tan(np.radians(true)) / scale))
        error = found[name] - true * scale**power
        if name == "orientation_deg":
            error = (error + 90) % 180 - 90
        limit = 0.005 * true.max() * scale**2 if name == "volume_nm3" else LIMITS[name.split("_")[0]] * scale
        assert np.abs(error).max() < limit, name
    assert np.isnan(found["cd_half_u90_nm"]).all() and np.isnan(found["depth_mean_u90_nm"]).all()


def test_the_walls_are_told_apart():
    ramp = np.minimum((np.arange(48) - 8) / 4, (40 - np.arange(48)) / 8).clip(0, 1)  # 4 px on the left, 8 on the right
    hole = 100 * np.minimum(ramp, ramp[4:44].repeat(2)[:72, None])
    found = measure_holes(hole[None])
    assert found["swa_left_deg"] == pytest.approx(np.degrees(np.arctan(100 / 4)), abs=0.01)
    assert found["swa_right_deg"] == pytest.approx(np.degrees(np.arctan(100 / 8)), abs=0.01)


def test_a_trench_has_no_height_and_a_width():
    ramp = 80 * np.minimum((np.arange(48) - 10.0) / 5, (38 - np.arange(48)) / 5).clip(0, 1)
    trench = np.tile(ramp, (72, 1))
    for depth, axis, other in ((trench, "x", "y"), (trench.T[:, :], "y", "x")):
        found = measure_holes(depth[None], pixel_nm=2)
        assert found[f"cd_half_{axis}_nm"] == pytest.approx(2 * 23, abs=1e-3)
        for name in (
            f"cd_half_{other}_nm",
            "cd_half_nm",
            "ellipticity",
            f"swa_{'top' if other == 'y' else 'left'}_deg",
        ):
            assert np.isnan(found[name]).all(), name
        assert found["depth_median_nm"] == pytest.approx(80)


def test_a_line_is_measured_between_etched_ground():
    ramp = np.minimum((np.arange(48) - 12.0) / 5, (38 - np.arange(48)) / 7).clip(0, 1)  # 14 px wide at its top
    found = measure_holes(np.tile(90 * (1 - ramp), (1, 72, 1)), lines=True)
    assert found["depth_median_nm"] == pytest.approx(90)
    for name, width in (("top", 26 - 12 * 0.9), ("half", 20), ("bottom", 26 - 12 * 0.1)):
        assert found[f"cd_{name}_x_nm"] == pytest.approx(width, abs=0.01)
    assert found["swa_left_deg"] == pytest.approx(np.degrees(np.arctan(90 / 5)), abs=0.01)
    assert found["swa_right_deg"] == pytest.approx(np.degrees(np.arctan(90 / 7)), abs=0.01)
    assert np.isnan(found["cd_half_y_nm"]).all()


def test_of_two_holes_the_larger_is_measured_and_the_other_does_not_count():
    large, small = frustum(16, 30, 11, 18, 0, 4, 100), frustum(39, 60, 5, 8, 0, 3, 130)
    alone, both = measure_holes(large[None]), measure_holes((large + small)[None])
    for name in QUANTITIES:
        np.testing.assert_allclose(both[name], alone[name], rtol=2e-3, err_msg=name)


@pytest.mark.parametrize("depth", [0.0, -3.0])
def test_where_there_is_no_hole_nothing_is_measured(depth):
    assert all(np.isnan(values).all() for values in measure_holes(np.full((2, 72, 48), depth)).values())


def test_a_hole_is_measured_alike_whatever_lies_beside_it_in_the_batch():
    maps, _ = frustums(5)
    together = measure_holes(maps)
    for n, one in enumerate(maps):
        for name, values in measure_holes(one[None]).items():
            np.testing.assert_allclose(values[0], together[name][n], rtol=1e-5, err_msg=name)


def test_roughness_is_that_of_the_floor_without_its_form():
    rng = np.random.default_rng(0)
    hole = frustum(23.5, 35.5, 16, 26, 0, 3, 100)
    y, x = np.indices(hole.shape)
    bent = hole + np.where(hole > 99.9, 2e-3 * (x - 23.5) ** 2 + 0.02 * y + rng.normal(0, 0.8, hole.shape), 0)
    assert measure_holes(bent[None])["floor_sq_nm"] == pytest.approx(0.8, rel=0.15)


def test_a_contour_moves_by_the_interval_over_the_slope():
    hole = frustum(23.5, 35.5, 14, 14, 0, 5, 100, size=(72, 48))  # 20 nm a px
    found = measure_holes(hole[None], 1.0, np.full((1, 72, 48), 6.0))
    assert found["cd_half_u90_nm"] == pytest.approx(np.sqrt(2) * 6 / 20, rel=0.1)


@pytest.mark.parametrize(
    "shape, pixel", [((72, 48), 1.0), ((1, 2, 48), 1.0), ((1, 72, 48), 0.0), ((1, 72, 48), np.nan)]
)
def test_what_cannot_be_measured_is_refused(shape, pixel):
    with pytest.raises(ValueError, match="expected"):
        measure_holes(np.ones(shape), pixel)


def test_no_maps_no_measures():
    assert all(values.shape == (0,) for values in measure_holes(np.zeros((0, 72, 48))).values())
