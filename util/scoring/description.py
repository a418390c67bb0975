"""What is said about a test as a whole: facts, notes, and sentences at its end."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..files import counted
from ..results import ReferenceDepth, TrainingScale
from ..run import checkpoint, versions
from .evaluator import Evaluator
from .metrics import FLOOR
from .result_selection import ResultSelection

OOD_CAUSES = (
    "another magnification, focus, contrast, material or polarity than in training; another shape of hole; a particle, "
    "data bar or annotation"
)
MANY = 0.3  # fraction of the images from which on the training itself may be the cause


def test_facts(opt: Any, predictor: Any, loop: Any, images: Any, reference: ReferenceDepth | None) -> dict[str, Any]:
    """What metrics.json and the page say about the test as a whole; a `reference` decided the scale of depths."""
    o, grey_range = opt.test, list(opt.data.grey_range) or None
    facts = {"run": opt.run.name, "model": opt.run.model, "epoch": o.epoch, "data": str(Path(opt.data.dataroot))}
    scale: dict[str, Any] = {"pixel_nm": o.pixel_nm or None, "nm_per_grey": o.nm_per_grey, "grey_range": grey_range}
    scale |= {"has_absolute_scale": predictor.model.has_absolute_scale} | (reference.facts if reference else {})
    speed = {"images": loop.count, "n_parameters": predictor.model.n_parameters, **loop.speed()}
    facts |= {"dataroot": os.path.realpath(opt.data.dataroot), **scale, **speed, **images.records.facts()}
    facts |= {"weights_sha256": _weights_digest(opt.run.path, o.epoch), "versions": versions()}
    notes = [str(reference)] if reference else []
    notes += TrainingScale.of(opt).lines(o.pixel_nm) if o.direction == "AtoB" else []
    if getattr(opt.model, "relative_depth", False):
        notes = [describe_relative_depth(predictor.levels, reference is not None), *notes]
    return facts | {"notes": [*notes, *facts["notes"]]}


def _weights_digest(run: Path, epoch: str) -> str:
    """SHA-256 of the weights that were tested: of the names and contents of their files."""
    digest = sha256()
    for path in checkpoint.weight_files(run, epoch):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(run).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def describe_relative_depth(levels: tuple[int, ...], has_reference: bool) -> str:
    """A line about depths of a model whose training images had no known depth."""
    advice = "" if has_reference else "; --reference_depth NM, the known depth of --reference_site NAME, scales them"
    nominal = " or ".join(f"{level - FLOOR:g}" for level in levels)
    same = ", the same in all images" if len(levels) == 1 else ""
    return (
        "nothing told how deep the training images are, so absolute depth cannot be known: depths are fractions of a "
        f"nominal depth of {nominal} grey levels{same}{advice}"
    )


def describe_test(selection: ResultSelection, evaluator: Evaluator | None, large: list[str], opt: Any) -> Iterator[str]:
    """Lines about results that need a second look, and about what was written.

    `large` are the stems of images that may be whole fields of view.
    """
    options, first = opt.test, selection.shown[0]
    reverse = options.direction == "BtoA"
    if evaluator and len(evaluator.sizes) > 1:
        yield f"the images have {len(evaluator.sizes)} sizes; no overall score is computed"
    if selection.n_ood:
        images = f"{selection.n_ood} of {counted(selection.count, 'image')}"
        causes = OOD_CAUSES + ("; a --grey_range that does not fit" if opt.data.grey_range else "")
        causes += "; few real images or a short training" if selection.n_ood > MANY * selection.count else ""
        verb, pronoun = ("is", "its") if selection.n_ood == 1 else ("are", "their")
        yield f"{images} {verb} out of distribution (OOD): do not trust {pronoun} numbers; likely causes: {causes}"
    if selection.flagged.left_out:
        yield selection.flagged.left_out
    if other_size := selection.flagged.describe(["size"]):
        yield f"{other_size}; crop them, or use --tile_size or --field"
    if first.measurements is not None and not options.pixel_nm:
        yield "the pixel size is not known: lengths are in px, and wall angles are skipped; use --pixel_nm"
    if large and not (options.field or options.tile_size or reverse):
        images = counted(len(large), "such image")
        yield f"{large[0]}: may hold many holes, and is measured as one ({images}); see --field"
    maps = "depth maps" if options.watch else "depth maps, submission.zip"
    kind = "SEM images" if reverse else maps if first.final is not None else "predictions"
    yield f"written: {kind}, metrics.json, index.html"
