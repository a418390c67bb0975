"""An instrument is found again from images that it made; which hole an image shows is not used."""

import dataclasses

import numpy as np
import pytest

from data import DataError
from data.instrument_fit import QUICK, fit_instrument, fitting
from data.instrument_fit.comparison import MODEL_ERROR, Comparison, DomainSample
from data.instrument_fit.image_statistics import CENTRE, NAMES, measure_images
from data.instrument_fit.parameters import PARAMETERS, WIDTH, start_vector
from data.instrument_fit.shape_renderings import ShapeRenderings
from data.simulator import Instrument, clean_signal, normalised_depth, random_hole, sem_image

DEPTH_NM = np.array([110.0, 140.0])
TRUE = Instrument(
    escape_gain=1.1,
    escape_exponent=0.6,
    edge_depth_nm=5.0,
    edge_bloom=1.0,
    edge_decay_nm=4.0,
    edge_rounding_nm=1.5,
    beam_sigma_px=0.8,
    electrons=300.0,
    jitter_x_px=1.0,
    jitter_y_px=0.6,
    line_gain=0.02,
    gamma=0.8,
)
SHORT = fitting.Effort(fitting.STARTS[:1], 12, 6, 12, 3)


def shapes(seeds):
    return np.stack([normalised_depth(random_hole(np.random.default_rng(seed))) for seed in seeds])


def images_of(instrument, u, seed=0):
    """Images of every shape at each of DEPTH_NM, and the index of their depth."""
    index = np.arange(len(u)) % len(DEPTH_NM)
    rng = np.random.default_rng(seed)
    heights = u * DEPTH_NM[index][:, None, None]
    return np.stack([sem_image(clean_signal(height, instrument), instrument, rng) for height in heights]), index


@pytest.fixture(scope="module")
def fit():
    library = shapes(range(25))  # an odd number, so that every shape comes at both depths
    images, index = images_of(TRUE, np.concatenate((library, library)))
    return fit_instrument(images, index, DEPTH_NM, library, TRUE.pixel_nm, SHORT)


def test_the_fitted_instrument_renders_as_the_true_one(fit):
    """Parameters may trade off; what they render is what counts: the signal, and where the contour lies."""
    still = {"jitter_x_px": 0.0, "jitter_y_px": 0.0}
    renderings = ShapeRenderings(shapes(range(2000, 2012)), np.full(12, 125.0))
    true, fitted = (renderings.measure(dataclasses.replace(i, **still)) for i in (TRUE, fit.instrument))
    difference = np.nanmean(fitted - true, axis=0)
    profile, size = ([name.startswith(kind) for name in NAMES] for kind in ("profile", "size"))
    assert np.sqrt(np.nanmean(difference[profile] ** 2)) < 0.02
    assert np.abs(difference[size]).max() < 0.3  # [px]


def test_what_the_images_tell_alone_is_found_again(fit):
    found = fit.instrument
    assert found.beam_sigma_px == pytest.approx(TRUE.beam_sigma_px, rel=0.25)
    assert found.electrons == pytest.approx(TRUE.electrons, rel=0.2)
    assert found.line_gain == pytest.approx(TRUE.line_gain, rel=0.3)
    assert (found.jitter_x_px, found.jitter_y_px) == pytest.approx((1.0, 0.6), rel=0.3)


def test_what_the_images_do_not_tell_is_not_determined(fit):
    determined = {p.name: p.is_determined for p in fit.parameters}
    assert not determined["charging_px"], "there is no charging, so it has no length"
    assert determined["beam_sigma_px"] and determined["escape_exponent"] and determined["electrons"]


def test_errors_are_those_of_fits_to_other_samples_of_shapes():
    """The statistics of one shape are off together: standard errors against fits to many samples, linearised."""
    rng = np.random.default_rng(0)

    class Renderings:
        def measure(self, instrument):
            shared = rng.normal(0, 0.1, (40, 1))  # what a larger hole does to all statistics
            return shared + rng.normal(0, 0.01, (40, len(NAMES)))

    index, renderings = np.zeros(40, int), Renderings()
    comparison = Comparison(DomainSample.of(renderings.measure(TRUE), index, 1), renderings, index, TRUE.pixel_nm)
    assert set(np.flatnonzero(~comparison.valid[0])) == set(range(len(NAMES))[CENTRE])
    jacobian = rng.normal(2, 1, (comparison.valid.sum(), len(PARAMETERS))) * np.linspace(1, 9, len(PARAMETERS))
    jacobian = np.concatenate((jacobian, np.diag(1 / WIDTH)))
    estimate = -np.linalg.inv(jacobian.T @ jacobian) @ jacobian[: -len(PARAMETERS)].T
    model_error = np.array([MODEL_ERROR.get(name.split()[0], 0) for name in NAMES])
    fits = []
    for _ in range(400):
        real, sample = (renderings.measure(TRUE).mean(axis=0) for _ in range(2))
        off = sample + rng.normal(0, model_error) - real
        fits.append(estimate @ (off / comparison.sigma[0])[comparison.valid[0]])
    stated = np.sqrt(np.diag(comparison.covariance(jacobian, comparison.measure(start_vector({})))))
    ratio = np.std(fits, axis=0) / stated
    assert 0.7 < np.median(ratio) < 1.3 and ratio.max() < 1.6


def test_errors_reach_solutions_that_fit_as_well(monkeypatch):
    """Of three starts two cost nearly the same: the bloom's error is at least their distance; the third is far off."""
    found = iter([(10.0, 1.0), (10.5, 1.9), (30.0, 7.0), (9.0, 1.0)])  # three starts and the final fit

    def solve(comparison, start, steps, on_step):
        cost, bloom = next(found)
        vector = start_vector({"edge_bloom": bloom})
        return cost, vector, comparison.jacobian(vector) if cost == 9.0 else None

    monkeypatch.setattr(fitting, "_solve", solve)
    images, index = images_of(TRUE, shapes(range(16)))
    effort = fitting.Effort(fitting.STARTS, 4, 1, 4, 1, ())
    error = {
        p.name: p.error for p in fit_instrument(images, index, DEPTH_NM, shapes(range(4)), 2.08, effort).parameters
    }
    assert 0.9 < error["edge_bloom"] < 2


def test_a_fit_is_repeatable():
    images, index = images_of(TRUE, shapes(range(16)))
    arguments = (
        images,
        index,
        DEPTH_NM,
        shapes(range(4)),
        TRUE.pixel_nm,
        fitting.Effort(fitting.STARTS[:1], 4, 1, 4, 1),
    )
    assert fit_instrument(*arguments).instrument == fit_instrument(*arguments).instrument


def test_images_without_a_hole_are_refused_in_one_line():
    images = np.random.default_rng(0).integers(90, 110, (6, 72, 48)).astype(np.uint8)
    with pytest.raises(DataError, match="0 of 6 SEM images show a hole") as error:
        fit_instrument(images, np.zeros(6, int), DEPTH_NM[:1], shapes(range(4)), 2.08, QUICK)
    assert "\n" not in str(error.value)


def test_brightness_and_place_do_not_change_the_statistics():
    (image, *_), _ = images_of(dataclasses.replace(TRUE, jitter_x_px=0, jitter_y_px=0), shapes([3]))
    whole = [n for n, name in enumerate(NAMES) if not name.startswith("centre")]
    plain, darker, moved = measure_images(np.stack((image, image / 2.0, np.roll(image, (2, 1), (0, 1)))))[:, whole]
    assert np.allclose(plain, darker, equal_nan=True)
    profile = np.isfinite(plain) & np.isfinite(moved)
    assert np.abs(plain - moved)[profile].mean() < 0.01


def test_means_of_levels_need_enough_images():
    rows = np.arange(12.0).reshape(6, 2)
    sample = DomainSample.of(rows, np.array([0, 0, 0, 0, 1, 1]), 2)
    assert np.array_equal(sample.mean[0], rows[:4].mean(axis=0)) and np.isnan(sample.mean[1]).all()
    assert np.allclose(sample.variance[0], rows[:4].var(axis=0, ddof=1) / 4)
