"""Scores of maps that are all there at once, for the tests."""

from util.results.image_result import ImageResult
from util.scoring.evaluator import Evaluator


def score(truth, raw, snapped, recentred, level, levels, maps, batch=2, **options):
    """The score of a few maps, batch by batch, as in test.py."""
    columns = {"truth": truth, "raw_depth": raw, "snapped": snapped, "recentred": recentred, "level": level}
    columns = {name: column for name, column in columns.items() if column is not None}
    results = [
        ImageResult("", truth[n], **{name: column[n] for name, column in columns.items()}) for n in range(len(truth))
    ]
    return score_results(results, levels, maps, batch, **options)


def score_results(results, levels, maps, batch=2, **options):
    """The score of results, batch by batch."""
    evaluator = Evaluator(levels, lambda: maps, **options)
    for n in range(0, len(results), batch):
        evaluator.add(results[n : n + batch])
    return evaluator.summary()
