"""Scores of maps that are all there at once, for the tests."""

from util.results.image_result import ImageResult
from util.scoring.evaluator import Evaluator


def score(truth, raw, snapped, recentred, level, levels, maps, batch=2, **kind):
    """Scored a few maps at a time, as test.py does."""
    known = {"truth": truth, "depth": raw, "quantised": snapped, "centred": recentred, "level": level}
    known = {name: column for name, column in known.items() if column is not None}
    results = [
        ImageResult("", truth[n], **{name: column[n] for name, column in known.items()}) for n in range(len(truth))
    ]
    return score_results(results, levels, maps, batch, **kind)


def score_results(results, levels, maps, batch=2, **kind):
    """The same of results."""
    one = Evaluator(levels, lambda: maps, **kind)
    for n in range(0, len(results), batch):
        one.add(results[n : n + batch])
    return one.summary()
