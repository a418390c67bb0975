"""Laws of the errors and of the score."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.util.scored import score, score_results
from util.results import ImageResult
from util.scoring import metrics
from util.scoring.evaluator import mean_normalised_depth
from util.scoring.map_errors import MapErrors
from util.scoring.score_table import score_rows, score_sentences, score_text

LEVELS = (140, 150, 160, 170)


def holes(levels, seed=0):
    rng = np.random.default_rng(seed)
    shape = np.zeros((len(levels), 12, 8))
    shape[:, 3:9, 2:6] = rng.uniform(0.2, 1.2, (len(levels), 6, 4))
    return metrics.denormalise(shape, np.array(levels))


def test_errors_by_hand():
    truth = np.array([[[0.0, 0.0]], [[0.0, 0.0]]])
    predicted = np.array([[[3.0, 4.0]], [[0.0, -1.0]]])
    assert metrics.rmse(predicted, truth) == pytest.approx(np.sqrt(26 / 4))
    assert metrics.image_rmse(predicted, truth) == pytest.approx([np.sqrt(12.5), np.sqrt(0.5)])
    assert metrics.mae(predicted, truth) == pytest.approx(2)
    assert metrics.bias(predicted, truth) == pytest.approx(1.5)


def test_pixel_rmse_is_above_the_mean_of_image_rmses_unless_all_err_alike():
    truth = holes([140, 170])
    uneven = truth + np.array([1.0, 9.0])[:, None, None]
    assert metrics.rmse(uneven, truth) > metrics.image_rmse(uneven, truth).mean() + 0.5
    even = truth + 3
    assert metrics.rmse(even, truth) == pytest.approx(metrics.image_rmse(even, truth).mean())


def test_unsigned_bytes_do_not_wrap():
    low, high = np.full((1, 2, 2), 10, np.uint8), np.full((1, 2, 2), 250, np.uint8)
    assert metrics.rmse(low, high) == metrics.mae(low, high) == -metrics.bias(low, high) == 240


def test_errors_apart_add_up_to_the_whole():
    truth = holes([140, 150, 160])
    predicted = truth + np.random.default_rng(1).normal(size=truth.shape) * 5
    background = truth == metrics.levels_of(truth)[:, None, None]
    share = background.mean()
    apart = share * metrics.rmse(predicted, truth, background) ** 2
    apart += (1 - share) * metrics.rmse(predicted, truth, ~background) ** 2
    assert metrics.rmse(predicted, truth) == pytest.approx(np.sqrt(apart))


def test_errors_summed_up_are_the_errors_of_all():
    rng = np.random.default_rng(0)
    truth, maps = holes([140, 170, 150, 160, 140]), rng.uniform(20, 180, (5, 12, 8))
    background, right = truth == metrics.levels_of(truth)[:, None, None], np.array([True, False, True, True, False])
    sums = MapErrors()
    for part in (slice(0, 3), slice(3, 5)):
        sums.add(maps[part], truth[part], background[part], right[part])
    assert sums.summary(nm_per_grey=2.0) == pytest.approx(
        {
            "rmse": metrics.rmse(maps, truth),
            "rmse_nm": 2 * metrics.rmse(maps, truth),
            "mean_image_rmse": metrics.image_rmse(maps, truth).mean(),
            "mae": metrics.mae(maps, truth),
            "bias": metrics.bias(maps, truth),
            "rmse_background": metrics.rmse(maps, truth, background),
            "rmse_hole": metrics.rmse(maps, truth, ~background),
            "level_accuracy": 0.6,
        }
    )


def test_unit_shape_and_depth_undo_each_other():
    truth, level = holes([140, 170]), np.array([140, 170])
    assert metrics.denormalise(metrics.normalised_depth(truth, level), level) == pytest.approx(truth)
    assert metrics.levels_of(truth).tolist() == [140, 170]


def test_a_perfect_shape_at_a_wrong_level_is_perfect_once_the_level_is_given():
    truth, wrong = holes([140, 170, 150]), np.array([150, 160, 150])
    predicted = metrics.denormalise(metrics.normalised_depth(truth, metrics.levels_of(truth)), wrong)
    result = score(truth, predicted, predicted, None, wrong, LEVELS, truth)
    assert result["raw"]["rmse"] > 1
    assert result["oracle_level"]["rmse"] == pytest.approx(0, abs=1e-9)
    assert result["raw"]["level_accuracy"] == pytest.approx(1 / 3)
    assert result["oracle_level"]["level_accuracy"] == 1
    assert result["chance_level_accuracy"] == 0.25


def test_given_level_moves_the_hole_by_the_written_law():
    predicted, level, given, floor = np.array([[[150.0, 90.0]]]), np.array([150]), np.array([170]), 30
    moved = metrics.denormalise(metrics.normalised_depth(predicted, level), given)
    assert moved[0, 0] == pytest.approx([170, 170 - (150 - 90) * (170 - floor) / (150 - floor)])


def test_mean_map_with_the_level_is_the_mean_normalised_depth_at_that_level():
    maps = np.concatenate([holes([140, 150, 160, 170], seed) for seed in range(3)])
    truth = maps[:4]
    result = score(truth, truth, None, None, metrics.levels_of(truth), LEVELS, maps)
    expected = np.broadcast_to(mean_normalised_depth(maps), truth.shape)
    given = metrics.denormalise(expected, metrics.levels_of(truth))
    assert result["mean_map_oracle_level"]["rmse"] == pytest.approx(metrics.rmse(given, truth))
    assert result["mean_map_baseline"]["rmse"] == pytest.approx(
        metrics.rmse(np.broadcast_to(maps.mean(0), truth.shape), truth)
    )
    assert "snapped" not in result


def test_mean_normalised_depth_does_not_depend_on_its_chunks():
    maps = holes([140, 150, 160, 170, 140])
    assert mean_normalised_depth(maps, chunk=2) == pytest.approx(mean_normalised_depth(maps))


def test_training_maps_of_another_size_give_no_mean_map():
    truth = holes([140])
    assert "mean_map_baseline" not in score(truth, truth, None, None, np.array([140]), LEVELS, np.zeros((1, 4, 4)))


@pytest.mark.filterwarnings("error")
def test_what_is_not_defined_is_null_in_valid_json():
    flat = np.full((2, 8, 8), 140.0)
    result = score(flat, flat, None, None, np.array([140, 140]), LEVELS, flat)
    assert result["raw"]["rmse_hole"] is None
    json.dumps(result, allow_nan=False)
    assert "–" in score_text(result)


@pytest.mark.parametrize("levels, is_absolute", [((150,), True), (LEVELS, False)])
def test_nothing_is_said_of_levels_where_none_can_be_told_apart(levels, is_absolute):
    truth = holes([140, 150, 160])
    shown = [
        ImageResult("", one, one, one, truth=one, level=levels[0], level_probs=np.eye(len(levels))[0]) for one in truth
    ]
    result = score_results(shown, levels, truth, has_absolute_scale=is_absolute)
    assert not {"levels", "chance_level_accuracy"} & set(result) and result["raw"]["level_accuracy"] is None
    assert "level" not in " ".join([row.name for row in score_rows(result)] + score_sentences(result))
    told = score_results([replace(one, level_probs=np.eye(4)[0]) for one in shown], LEVELS, truth)
    assert "levels" in told and "The predicted level is right in" in score_text(told)


def test_table_is_aligned_and_shows_before_and_after():
    truth = holes([140, 150])
    result = score(truth, truth + 4, truth, None, np.array([140, 150]), LEVELS, truth)
    first, *lines, _ = score_text(result).splitlines()
    assert "grey levels" in first and first.index("raw") < first.index("snapped")
    assert {len(line) for line in [first, *lines]} == {len(first)}
    assert score_rows(result)[0].cells[:2] == ["4.00", "0.00"]


def test_the_coverage_of_floors_is_said_once_and_that_of_pixels_with_the_number_of_images():
    """The mean depth of floors is among the errors of measures, with its coverage."""
    held = {"coverage_pixels": 0.5, "coverage_floors": 0.985, "mean_u90": 2.0, "ood_rate": 0.25}
    (line,) = score_sentences({"images": 40, "intervals": held})
    assert "hold 50.0% of the pixels in the holes of 40 images; 25.0%" in line and "98.5" not in line
