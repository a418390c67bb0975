"""Turns SEM images into depth maps and scores them where the ground truth is known: python test.py --which_epoch 200

The model is rebuilt from the run's own opt.json. --which_direction BtoA turns depth maps into SEM images.
"""

import signal

if __name__ == "__main__":  # until results are being written, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import models  # loads torch where it is first used, so that an error in what was typed is shown at once
from data import BadImageError, DataError, DataOptions, InferenceImages, WatchedImages, counted, inference_images
from data import training_maps
from options import Options, OptionsError, parse_test
from util.files import make_output_safe
from util.page import results_page
from util.results import FieldWriter, InferenceLoop, ReferenceDepth, ResultBuilder, ResultsWriter, ShardedInference
from util.results import ResultsPlace, ShardTask, TrainingScale, place_results, shards_of
from util.run import checkpoint, choose_device, name_problems, print_lines, require_learned, run_program
from util.run import training_images, tune_malloc
from util.scoring import Evaluator, MeasurementErrors, describe_test, score_text, test_facts
from util.watch import Watch

LARGE = 8  # times the pixels of a training image: such an image may be a whole field of view
REFUSALS = (OptionsError, DataError, models.ModelError)


def predict(opt: Options) -> int:
    """Predicts, writes and scores the test images of a run; returns the exit status."""
    print_lines(opt.note_lines)
    run, place = opt.run.path, place_results(opt)
    checkpoint.require(run, opt.test.epoch)
    tune_malloc()
    if opt.test.watch:
        return watch(opt, place)
    images, pixel_nm = inference_images(opt.data, opt.test, training_images(run), place.folder)
    opt = opt.with_test(pixel_nm=pixel_nm)
    print(f"{run}, epoch {opt.test.epoch}: {counted(len(images), 'image')} of {Path(opt.data.dataroot)}")
    if opt.test.ray:
        return predict_shards(opt, images, place.folder.with_name(f"{place.folder.name}_shards"))
    predictor = checkpoint.load_consistent(run, partial(load_predictor, opt))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    opt, reference = scale_by_reference(opt, predictor, images)
    o, layout = opt.test, predictor.model.plot_layout
    with ResultsWriter(place.folder, o.nm_per_grey, predictor.levels, o.pixel_nm, o.export) as writer:
        selection = results_page.new_selection(len(images), o.nm_per_grey, o.pixel_nm)
        errors, loop = MeasurementErrors(), new_loop(opt, predictor)
        evaluator, fields = new_evaluator(opt, predictor, images), FieldWriter.of(images, writer, predictor.model)
        collectors = [writer, selection, errors, *(part for part in (evaluator, fields) if part)]
        loop.run(images.batches(opt.test.batch_size), len(images), collectors)
        if fields:
            fields.finish()
        skipped = images.skipped | loop.skipped
        if not selection.count:
            raise BadImageError(skipped, len(images))
        score, facts = evaluator.summary() if evaluator else None, test_facts(opt, predictor, loop, images, reference)
        figures = {"score": score, "measurement_errors": errors.summary(), "skipped": list(skipped.values())}
        writer.write_metrics(facts | figures | {"flagged": selection.flagged.counts, "options": place.options})
        results_page.write(writer.unfinished, selection, facts, figures, run, layout, opt.former_names, fields)
    scored = [score_text(score)] if score else []
    print_lines([*facts["notes"], *scored, *describe_test(selection, evaluator, loop.large, opt), *place.lines])
    print(f"the page: {place.folder / 'index.html'}")
    return name_problems([*map("skipped: {}".format, skipped.values()), *images.unscored_lines], opt.data.on_bad_image)


def watch(opt: Options, place: ResultsPlace) -> int:
    """Predicts the images of a folder as they come, until a signal; returns the exit status."""
    predictor = checkpoint.load_consistent(opt.run.path, partial(load_predictor, opt))
    images = WatchedImages(Path(opt.test.watch), opt.data, opt.test.pixel_nm, place.folder)
    weights = checkpoint.weight_files(opt.run.path, opt.test.epoch)
    return Watch(opt, place, predictor, images, partial(new_loop, predictor=predictor), weights).run()


def load_predictor(opt: Options) -> "models.Predictor":
    """The predictor of the run, on this machine's device."""
    test, device = opt.test, choose_device(opt.run.gpu_ids)
    rules = test.background_levels, test.background_tolerance, opt.data.hole_centre, test.lines, test.tile_size
    speed = opt.run.precision, opt.run.compile
    predictor = models.Predictor.load(opt.run.path, test.epoch, device, *rules, *speed)
    require_learned(predictor.model, opt.run.path, test.epoch)
    return predictor


def new_loop(opt: Options, predictor: "models.Predictor") -> InferenceLoop:
    """The loop over batches: SEM images to depth maps, or depth maps to SEM images."""
    o = opt.test
    builder = ResultBuilder(o.nm_per_grey, o.pixel_nm, o.lines, o.snap_background, trained=TrainingScale.of(opt))
    large_px = LARGE * opt.data.crop_size[0] * opt.data.crop_size[-1]
    if opt.test.direction == "BtoA":
        return InferenceLoop(predictor.render, builder.sem_results, models.ModelError, large_px)
    return InferenceLoop(predictor.infer, builder.after(predictor), models.ModelError, large_px)


def scale_by_reference(opt: Options, predictor: "models.Predictor", images: Any) -> tuple[Options, Any]:
    """The options with the depth per grey level that --reference_depth asks for, and that reference or None."""
    if not opt.test.reference_depth:
        return opt, None
    reference = ReferenceDepth(opt.test.reference_depth, opt.test.reference_site)
    new_loop(opt, predictor).run(images.batches(opt.test.batch_size), len(images), [reference])
    return opt.with_test(nm_per_grey=reference.nm_per_grey), reference


def new_evaluator(opt: Options, predictor: "models.Predictor", images: InferenceImages) -> Evaluator | None:
    """Compares the maps with the ground truth, which nothing else reads; None where there is none."""
    if opt.test.direction == "BtoA" or not images.truth:
        return None
    scale = predictor.model.has_absolute_scale, opt.test.nm_per_grey
    return Evaluator(predictor.levels, partial(training_maps, opt.data), *scale)


def predict_shards(opt: Options, images: InferenceImages, folder: Path) -> int:
    """Makes the shards that are not there yet on Ray workers, then the manifest; returns the exit status."""
    o, run = opt.test, opt.run.path
    files = {os.path.abspath(file.name): os.path.abspath(file.path) for file in images.files}
    weights = checkpoint.weight_files(run, o.epoch)
    depends_on = (o.snap_background, o.background_levels, o.background_tolerance, o.lines, o.tile_size, opt.data)
    reader = partial(InferenceImages.of_files, options=opt.data, find_bars=images.find_bars, pictures=images.pictures)
    task = ShardTask(partial(load_predictor, opt), reader, o.batch_size, not o.snap_background, REFUSALS)
    parts = shards_of(files, o.shard_size, weights, depends_on, images.prefixes)
    shards = ShardedInference(folder, parts, o.ray, o.ray_workers)
    done = shards.run(task, {"run": opt.run.name, "epoch": o.epoch, "nm_per_grey": o.nm_per_grey})
    return name_problems(map("skipped: {}".format, shards.skipped), opt.data.on_bad_image) if done else 1


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 interrupted."""
    return run_program("test.py", lambda: predict(parse_test(argv, DataOptions, models.MODEL_OPTIONS)), REFUSALS)


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
