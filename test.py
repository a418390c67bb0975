"""Turns SEM images into depth maps and scores them where the truth is known: python test.py --which_epoch 200

The network is rebuilt from the run's own opt.json. --which_direction BtoA turns depth maps into SEM images.
"""

import signal

if __name__ == "__main__":  # until results are being written, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from data import DataError, DataOptions, Layout, TestBatch, TestImages, read_stack
from models import SYSTEMS, ModelError, Predictor
from options import Options, OptionsError, parse_test
from util import checkpoint, results_page
from util.device import choose_device, takes_bf16
from util.errors import UtilError
from util.result import Result
from util.results_writer import ResultsWriter
from util.score import level_score, mask_score, score, table


def predict(opt: Options) -> int:
    """Predicts, writes and scores the test images of a run; returns the exit status."""
    test, reverse = opt.test, opt.test.direction == "BtoA"
    run = Path(opt.run.checkpoints_dir, opt.run.name)
    checkpoint.require(run, test.epoch)
    device = choose_device(opt.run.gpu_ids)
    centre = opt.data.hole_centre
    predictor = Predictor.load(run, test.epoch, device, test.background_levels, test.background_tolerance, centre)
    predictor.system.hasten(takes_bf16(device, opt.run.precision), opt.run.compile)
    layout = Layout(opt.data.dataroot)
    images = TestImages(layout, opt.data, test.phase, test.num_test, reverse)
    folder = Path(test.results_dir, opt.run.name, f"{test.phase}_{test.epoch}{'_BtoA' if reverse else ''}")
    print(f"{run}, epoch {test.epoch}: {len(images)} images of {layout.root}")

    signal.signal(signal.SIGINT, signal.default_int_handler)
    with ResultsWriter(folder, test.nm_per_grey) as writer:
        results, seconds = [], 0.0
        with tqdm(total=len(images), desc="predicting", unit="image", disable=None) as bar:
            for batch in images.batches(test.batch_size):
                began = time.monotonic()
                results += rendered(predictor, batch) if reverse else measured(predictor, batch, test.quantise)
                seconds += time.monotonic() - began
                bar.update(len(batch.stems))
        for result in results:
            writer.write(result)
        writer.write_levels(predictor.levels)
        sizes = {result.sem.shape for result in results}
        scored = (
            None if reverse or results[0].truth is None or len(sizes) > 1 else scores(opt, layout, predictor, results)
        )
        if len(sizes) > 1:
            print(f"images of {len(sizes)} sizes: each map has its image's, and there is no score over all")
        facts = {
            "run": opt.run.name,
            "model": opt.run.model,
            "epoch": test.epoch,
            "data": str(layout.root),
            "images": len(results),
            "parameters": predictor.system.parameters,
            "images_per_second": round(len(results) / max(seconds, 1e-9), 1),
        }
        writer.write_metrics(facts | {"score": scored})
        told = {key.replace("_", " "): value for key, value in facts.items() if key != "run"}
        told["scale"] = f"{test.nm_per_grey:g} nm a grey level"
        results_page.write(writer.unfinished, results, opt.run.name, scored, told.items())
    if scored:
        print(table(scored))
    written = "SEM images" if reverse else "depth maps, submission.zip" if results[0].final is not None else "answers"
    print(f"{written}, metrics.json and the page: {folder / 'index.html'}")
    return 0


def measured(predictor: Predictor, batch: TestBatch, quantise: bool) -> list[Result]:
    """What the system says about a batch of SEM images, at the size that the files have."""
    answer = predictor.predict(batch.images)
    columns = {
        "stem": batch.stems,
        "sem": batch.images,
        "depth": answer.depth_grey,
        "quantised": answer.quantised if quantise else None,
        "centred": answer.centred if quantise else None,
        "truth": batch.truth,
        "level": None if answer.level is None else answer.level.tolist(),
        "mask": None if answer.background is None else answer.mask,  # voted; one that was found in the depth is no news
        "probability": answer.probability,
    }
    known = {name: column for name, column in columns.items() if column is not None}
    return [Result(**dict(zip(known, row, strict=True))) for row in zip(*known.values(), strict=True)]


def rendered(predictor: Predictor, batch: TestBatch) -> list[Result]:
    """SEM images of a batch of depth maps, beside the true ones."""
    sem = predictor.render(batch.images)
    return [
        Result(stem, depth, image, names=("depth", "SEM"))
        for stem, depth, image in zip(batch.stems, batch.images, sem, strict=True)
    ]


def scores(opt: Options, layout: Layout, predictor: Predictor, results: list[Result]) -> dict[str, Any]:
    """How good the results are, beside the mean depth map of the training set; only here is the truth looked at."""
    truth, depth, quantised, centred, level, mask, probability = (
        stacked(results, name) for name in ("truth", "depth", "quantised", "centred", "level", "mask", "probability")
    )
    found: dict[str, Any] = {"images": len(results)}
    if depth is not None:
        maps = read_stack(layout.depth(), replace(opt.data, preprocess="none"), "reading depth maps")
        scale = predictor.system.knows_scale
        levels, nm = predictor.levels, opt.test.nm_per_grey
        found |= score(truth, depth, quantised, centred, level, levels, maps, scale, nm)
    if probability is not None:
        found["levels"] = level_score(level, truth, predictor.levels)
    if mask is not None:
        found["mask"] = mask_score(mask, truth)
    return found


def stacked(results: list[Result], name: str) -> Any:
    """One array of what all results hold under a name; None if it is not known or was not asked for."""
    values = [getattr(result, name) for result in results]
    return None if values[0] is None else np.stack(values)


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 interrupted."""
    try:
        return predict(parse_test(argv, DataOptions, {name: system.Options for name, system in SYSTEMS.items()}))
    except (OptionsError, DataError, ModelError, UtilError) as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("test.py: interrupted; earlier results are as they were", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
