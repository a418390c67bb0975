"""What a test prints when it is done, in sentences."""

from collections.abc import Iterator
from typing import Any

from .evaluator import Evaluator
from .result_selection import ResultSelection


def describe_test(
    selection: ResultSelection, evaluator: Evaluator | None, large: list[str], options: Any
) -> Iterator[str]:
    """Lines about results that need a second look, and about what was written.

    `large` are the stems of images that may be whole fields of view; `options` are those of the test.
    """
    first, reverse = selection.shown[0], options.direction == "BtoA"
    if evaluator and len(evaluator.sizes) > 1:
        yield f"the images have {len(evaluator.sizes)} sizes; no overall score is computed"
    if selection.n_ood:
        yield f"{selection.n_ood} of {selection.count} images are out of distribution (OOD): do not trust their numbers"
    if first.measurements is not None and not options.pixel_nm:
        yield "the pixel size is not known: lengths are in px, and wall angles are skipped; use --pixel_nm"
    if large and not (options.field or options.tile_size or reverse):
        yield f"{large[0]}: may hold many holes, and is measured as one ({len(large)} such images); see --field"
    kind = "SEM images" if reverse else "depth maps, submission.zip" if first.final is not None else "predictions"
    yield f"written: {kind}, metrics.json, index.html"
