"""What is said at the end of a test about its images."""

from argparse import Namespace

import numpy as np

from util.results.image_result import ImageResult
from util.scoring import ResultSelection, describe_test


def lines(*scores, large=()):
    selection = ResultSelection(len(scores))
    selection.add([ImageResult(str(n), np.zeros((8, 8)), ood_score=score) for n, score in enumerate(scores)])
    options = Namespace(direction="AtoB", pixel_nm=2.0, field=False, tile_size=())
    return list(describe_test(selection, None, list(large), options))


def test_images_out_of_distribution_are_counted_in_words_with_likely_causes():
    assert lines(0.5)[0].startswith("written: ")
    assert lines(2.0)[0].startswith(
        "1 of 1 image is out of distribution (OOD): do not trust its numbers; likely causes"
    )
    line, *_ = lines(2.0, 0.5, 3.0)
    assert line.startswith("2 of 3 images are out of distribution (OOD): do not trust their numbers; likely causes: ")
    assert "more than 8 bits a --grey_range that does not fit" in line


def test_large_images_are_counted_in_words():
    assert "(1 such image)" in lines(0.5, large=["a"])[0] and "(2 such images)" in lines(0.5, large=["a", "b"])[0]
