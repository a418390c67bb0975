"""What is said at the end of a test about its images."""

from argparse import Namespace

import numpy as np

from util.results.image_result import ImageResult
from util.scoring import ResultSelection, describe_test


def lines(*scores, large=(), grey_range=()):
    selection = ResultSelection(len(scores))
    selection.add([ImageResult(str(n), np.zeros((8, 8)), ood_score=score) for n, score in enumerate(scores)])
    options = Namespace(direction="AtoB", pixel_nm=2.0, field=False, tile_size=(), watch="")
    opt = Namespace(test=options, data=Namespace(grey_range=grey_range))
    return list(describe_test(selection, None, list(large), opt))


def test_images_out_of_distribution_are_counted_in_words_with_likely_causes():
    assert lines(0.5)[0].startswith("written: ")
    assert lines(2.0)[0].startswith(
        "1 of 1 image is out of distribution (OOD): do not trust its numbers; likely causes"
    )
    line, *_ = lines(2.0, 0.5, 3.0)
    assert line.startswith("2 of 3 images are out of distribution (OOD): do not trust their numbers; likely causes: ")
    for causes in ("magnification, focus, contrast, material or polarity", "shape of hole", "particle, data bar"):
        assert causes in line


def test_a_cause_is_named_only_where_it_can_be_one():
    assert "--grey_range" not in lines(2.0)[0]
    assert "a --grey_range that does not fit" in lines(2.0, grey_range=(0.0, 65535.0))[0]
    assert "few real images or a short training" in lines(2.0, 2.0, 0.5)[0]
    assert "short training" not in lines(2.0, 0.5, 0.5, 0.5)[0]


def test_large_images_are_counted_in_words():
    assert "(1 such image)" in lines(0.5, large=["a"])[0] and "(2 such images)" in lines(0.5, large=["a", "b"])[0]
