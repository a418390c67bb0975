"""Turns SEM images into depth maps and scores them where the truth is known: python test.py --which_epoch 200

The network is rebuilt from the run's own opt.json. --which_direction BtoA turns depth maps into SEM images.
"""

import signal

if __name__ == "__main__":  # until results are being written, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import json
import os
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from data import (
    BadImageError,
    DataError,
    DataOptions,
    DatasetLayout,
    ImageFile,
    InferenceBatch,
    InferenceImages,
    read_stack,
)
from data.fields import InferenceCrops
from models import MODELS, ModelError, Predictor
from options import InferenceOptions, Options, OptionsError, parse_test
from util import UtilError
from util.files import explain_error, make_output_safe
from util.metrology import measure_holes
from util.page import results_page
from util.results import FieldWriter, ImageResult, ResultsWriter, Shard, ray_shards, shards_of, write_manifest
from util.run import checkpoint, choose_device, tune_malloc, use_bf16
from util.scoring import Evaluator, MeasurementErrors, ResultSelection, score_text

LARGE = 8  # times the pixels that the run learned at: an image may be a whole field


def predict(opt: Options) -> int:
    """Predicts, writes and scores the test images of a run; returns the exit status."""
    test, reverse = opt.test, opt.test.direction == "BtoA"
    run = Path(opt.run.checkpoints_dir, opt.run.name)
    checkpoint.require(run, test.epoch)
    tune_malloc()
    layout = DatasetLayout(opt.data.dataroot)
    images = InferenceImages.of(layout, opt.data, test.phase, test.num_test, reverse)
    if not test.pixel_nm and not reverse and (width := images.pixel_nm()):
        test = replace(test, pixel_nm=width)
        print(f"a pixel is {width:g} nm wide, as the images say; --pixel_nm says otherwise")
    if test.field:
        trained_on = json.loads((run / "opt.json").read_text()).get("dataroot", "")
        way = test.field_threshold, test.field_area, test.field_scale
        images = InferenceCrops(images.files, opt.data, *way, trained_on, images.width)
        print(images.summary)
    kind = "_BtoA" if reverse else "_field" if test.field else ""
    folder = Path(test.results_dir, opt.run.name, f"{test.phase}_{test.epoch}{kind}")
    print(f"{run}, epoch {test.epoch}: {len(images)} images of {layout.root}")
    if isinstance(images, InferenceCrops):
        test = replace(test, pixel_nm=test.pixel_nm / images.scale)
    if test.ray:
        return predict_shards(opt, run, images, folder.with_name(f"{folder.name}_shards"))
    predictor = checkpoint.load_consistent(run, lambda: load_predictor(opt))

    signal.signal(signal.SIGINT, signal.default_int_handler)
    writer = ResultsWriter(folder, test.nm_per_grey, predictor.levels, test.pixel_nm, test.export)
    with writer, ThreadPoolExecutor(1) as behind:
        sample, score, fields = ResultSelection(len(images)), new_evaluator(opt, layout, predictor, images), None
        if isinstance(images, InferenceCrops):
            scale, in_place = (test.nm_per_grey, test.pixel_nm * images.scale), predictor.system.preserves_position
            fields = FieldWriter(writer.unfinished, images.fields, images.read, *scale, in_place)
        errors, large = MeasurementErrors(), list[str]()

        def finish(batch: InferenceBatch, answer: Any) -> None:
            results = rendered(batch, answer) if reverse else measured(predictor, batch, answer, test)
            writer.write(results)
            sample.add(results)
            errors.add(results)
            if score:
                score.add(results)
            if fields:
                fields.add(results)

        began, applied, unfinished = time.monotonic(), 0.0, None
        with tqdm(total=len(images), desc="predicting", unit="image", disable=None) as bar:
            for batch in images.batches(test.batch_size):
                started = time.monotonic()
                try:
                    answer = predictor.render(batch.images) if reverse else predictor.infer(batch.images)
                except (ModelError, MemoryError, RuntimeError) as error:  # of images of this size
                    if not isinstance(error, ModelError) and len(batch.stems) > 1:
                        raise  # a smaller --batch_size would do
                    reason = error if isinstance(error, ModelError) else explain_error(error)
                    images.bad |= {stem: f"{stem}: {reason}" for stem in batch.stems}
                    continue
                applied += time.monotonic() - started
                if batch.images[0].size > LARGE * opt.data.crop_size[0] * opt.data.crop_size[-1]:
                    large += batch.stems
                if unfinished:
                    unfinished.result()  # one batch is finished while the network works on the next, and no more
                unfinished = behind.submit(finish, batch, answer)
                bar.update(len(batch.stems))
            if unfinished:
                unfinished.result()
        if fields:
            fields.finish()
        seconds, done = time.monotonic() - began, sample.count
        if not done:
            raise BadImageError(images.bad, len(images))
        scored = None if score is None else score.summary()
        if score and scored is None:
            print(f"images of {len(score.sizes)} sizes: each map has its image's, and there is no score over all")
        facts = {
            "run": opt.run.name,
            "model": opt.run.model,
            "epoch": test.epoch,
            "data": str(layout.root),
            "images": done,
            "pixel_nm": test.pixel_nm or None,
            "nm_per_grey": test.nm_per_grey,
            "grey_range": list(opt.data.grey_range) or None,
            "parameters": predictor.system.n_parameters,
            "images_per_second": round(done / max(seconds, 1e-9), 1),
            "network_images_per_second": round(done / max(applied, 1e-9), 1),
        }
        writer.write_metrics(
            facts | {"score": scored, "measures": errors.summary(), "left_out": list(images.bad.values())}
        )
        told = {key.replace("_", " "): value for key, value in facts.items() if key != "run" and value is not None}
        told["left out"] = len(images.bad)
        scale = (test.nm_per_grey, test.pixel_nm)
        results_page.write(writer.unfinished, sample, opt.run.name, scored, told.items(), *scale, errors.summary(), run)
    if scored:
        print(score_text(scored))
    if sample.strange:
        print(f"{sample.strange} of {done} images are outside what the model knows: do not trust their numbers")
    if sample.shown[0].measurements is not None and not test.pixel_nm:
        print("no width of a pixel is known: lengths are in px, wall angles are left out; say --pixel_nm")
    if large and not (test.field or test.tile_size or reverse):
        print(f"{large[0]}: large enough for many holes, and taken for one ({len(large)} such images); see --field")
    finished = sample.shown[0].final is not None
    written = "SEM images" if reverse else "depth maps, submission.zip" if finished else "answers"
    print(f"{written}, metrics.json and the page: {folder / 'index.html'}")
    return left_out(images.bad.values(), opt)


def left_out(bad: Collection[str], opt: Options) -> int:
    """Names the images that could not be used; the exit status."""
    for line in bad:
        print(f"test.py: left out: {line}", file=sys.stderr)
    return int(bool(bad) and opt.data.on_bad_image == "error")


def load_predictor(opt: Options) -> Predictor:
    """The predictor of the run, on this machine's device."""
    run, test, device = Path(opt.run.checkpoints_dir, opt.run.name), opt.test, choose_device(opt.run.gpu_ids)
    levels, tolerance, centre = test.background_levels, test.background_tolerance, opt.data.hole_centre
    predictor = Predictor.load(run, test.epoch, device, levels, tolerance, centre, test.lines, test.tile_size)
    predictor.system.enable_acceleration(use_bf16(device, opt.run.precision), opt.run.compile)
    return predictor


def measured(
    predictor: Predictor, batch: InferenceBatch, answer: list[Any], test: InferenceOptions
) -> list[ImageResult]:
    """What the network said about a batch of SEM images, finished, and the measures of its holes."""
    found = predictor.postprocess(*answer)
    final = found.final if test.snap_background else found.raw_depth
    columns = {
        "stem": batch.stems,
        "sem": batch.images,
        "depth": found.raw_depth,
        "quantised": found.snapped if test.snap_background else None,
        "centred": found.recentred if test.snap_background else None,
        "truth": batch.truth,
        "level": None if found.level is None else found.level.tolist(),
        "mask": None if found.background_prob is None else found.mask,  # voted; one found in the depth is no news
        "probability": found.level_probs,
        "interval": found.depth_u90,
        "floor": found.floor_depth,
        "strange": found.ood_score,
        "site": batch.sites or None,
    }
    if final is not None and found.level is not None:
        columns["measures"] = holes(found.level, final, test, found.depth_u90, found.floor_depth)
        if batch.truth is not None:
            columns["true_measures"] = holes(batch.truth.max((1, 2)), batch.truth, test)
    known = {name: column for name, column in columns.items() if column is not None}
    return [ImageResult(**dict(zip(known, row, strict=True))) for row in zip(*known.values(), strict=True)]


def holes(
    level: NDArray,
    depth: NDArray,
    test: InferenceOptions,
    interval: NDArray | None = None,
    floor: NDArray | None = None,
) -> list[dict[str, float]]:
    """The measures of each hole in maps [grey level], whose background is at `level`."""
    scale = test.nm_per_grey
    depth_nm, interval_nm = (level[:, None, None] - depth) * scale, None if interval is None else interval * scale
    found = measure_holes(depth_nm, test.pixel_nm or 1.0, interval_nm, test.lines)
    if floor is not None:
        found["depth_mean_u90_nm"] = floor[:, 1] * scale
    return [dict(zip(found, row, strict=True)) for row in zip(*(one.tolist() for one in found.values()), strict=True)]


def rendered(batch: InferenceBatch, sem: NDArray) -> list[ImageResult]:
    """SEM images of a batch of depth maps, beside those."""
    return [
        ImageResult(stem, depth, image, names=("depth", "SEM"))
        for stem, depth, image in zip(batch.stems, batch.images, sem, strict=True)
    ]


def new_evaluator(
    opt: Options, layout: DatasetLayout, predictor: Predictor, images: InferenceImages
) -> Evaluator | None:
    """A score beside the mean depth map of the training set, where the truth is known; only here is it looked at."""
    if opt.test.direction == "BtoA" or not images.truth:
        return None
    data = replace(opt.data, preprocess="none")

    def training_maps() -> NDArray | None:
        try:
            return read_stack(layout.depth(), data, "reading depth maps")
        except DataError as error:
            print(f"no mean map to compare with: {error}")
            return None

    return Evaluator(predictor.levels, training_maps, predictor.system.has_absolute_scale, opt.test.nm_per_grey)


class ShardWorker:
    """On a Ray worker: one predictor, which makes shard after shard."""

    def __init__(self, opt: Options, folder: Path) -> None:
        self.opt, self.folder, self.predictor = opt, folder, load_predictor(opt)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Writes a shard without the images that cannot be read, which the answer's `bad` names, a line each; a shard
        that cannot be made at all is its `error`, so that the others go on."""
        shard = Shard(int(row["number"]), tuple(row["files"]), row["digest"])
        images = InferenceImages([ImageFile(name, "", "") for name in shard.files], self.opt.data)
        try:
            shard.write(self.folder, self.maps(images), images.bad.values())
        except (DataError, ModelError, OSError) as error:
            return {"number": shard.number, "images": 0, "bad": "", "error": str(error)}
        return {"number": shard.number, "images": len(shard.files), "bad": "\n".join(images.bad.values()), "error": ""}

    def maps(self, images: InferenceImages) -> Iterator[tuple[str, NDArray]]:
        """The finished maps of some images."""
        for batch in images.batches(self.opt.test.batch_size, ahead=False):
            found = self.predictor.predict(batch.images)
            final = found.final if self.opt.test.snap_background else found.raw_depth
            if final is None:
                raise ModelError(f"--ray: a {self.opt.run.model} predicts no depth")
            yield from zip(batch.stems, final, strict=True)


def predict_shards(opt: Options, run: Path, images: InferenceImages, folder: Path) -> int:
    """Makes the shards that are not there yet on Ray workers, then the manifest; returns the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {os.path.abspath(file.name): os.path.abspath(file.path) for file in images.files}
    weights = sorted(run.rglob(f"{opt.test.epoch}_net_*.pth")) or sorted(run.rglob("latest_net_*.pth"))
    told = opt.test
    options = (
        told.snap_background,
        told.background_levels,
        told.background_tolerance,
        told.lines,
        told.tile_size,
        opt.data,
    )
    shards = shards_of(files, opt.test.shard_size, weights, options)
    todo = [shard for shard in shards if not shard.is_done(folder)]
    print(f"{folder}: {len(shards) - len(todo)} of {len(shards)} shards there already")
    errors: list[str] = []
    bad = [line for shard in shards if shard not in todo for line in shard.left_out(folder)]
    with tqdm(total=len(files), initial=sum(len(one.files) for one in shards if one not in todo), unit="image") as bar:
        arguments = (opt, folder.resolve())
        for done in ray_shards.run(todo, ShardWorker, arguments, opt.test.ray, opt.test.ray_workers) if todo else ():
            errors += [done["error"]] * bool(done["error"])
            bad += done["bad"].splitlines()
            bar.update(done["images"])
    if errors:
        print("\n".join(f"test.py: {error}" for error in errors), file=sys.stderr)
        return 1
    facts = {"run": opt.run.name, "epoch": opt.test.epoch, "nm_per_grey": opt.test.nm_per_grey}
    count = write_manifest(folder, shards, facts)
    print(f"{count} depth maps in {len(shards)} archives: {folder / 'manifest.json'}")
    return left_out(bad, opt)


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 interrupted."""
    try:
        return predict(parse_test(argv, DataOptions, {name: system.Options for name, system in MODELS.items()}))
    except (OptionsError, DataError, ModelError, UtilError) as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 2
    except (OSError, MemoryError, RuntimeError) as error:
        print(f"test.py: {explain_error(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("test.py: interrupted; earlier results are as they were", file=sys.stderr)
        return 130


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
