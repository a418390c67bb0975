"""Turns SEM images into depth maps and scores them where the truth is known: python test.py --which_epoch 200

The network is rebuilt from the run's own opt.json. --which_direction BtoA turns depth maps into SEM images.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from data import DataError, DataOptions, Layout, TestBatch, TestImages, read_stack
from models import SYSTEMS, ModelError, Predictor
from options import Options, OptionsError, parse_test
from util import checkpoint, results_page
from util.device import choose_device
from util.errors import UtilError
from util.results_page import Result
from util.results_writer import ResultsWriter
from util.score import score, table


def predict(opt: Options) -> int:
    """Predicts, writes and scores the test images of a run; returns the exit status."""
    test, reverse = opt.test, opt.test.direction == "BtoA"
    run = Path(opt.run.checkpoints_dir, opt.run.name)
    checkpoint.require(run, test.epoch)
    device = choose_device(opt.run.gpu_ids)
    centre = opt.data.hole_centre
    predictor = Predictor.load(run, test.epoch, device, test.background_levels, test.background_tolerance, centre)
    layout = Layout(opt.data.dataroot)
    images = TestImages(layout, opt.data, test.phase, test.num_test, reverse)
    folder = Path(test.results_dir, opt.run.name, f"{test.phase}_{test.epoch}{'_BtoA' if reverse else ''}")
    print(f"{run}, epoch {test.epoch}: {len(images)} images of {layout.root}")

    with ResultsWriter(folder, test.nm_per_grey) as writer:
        results = []
        with tqdm(total=len(images), desc="predicting", unit="image", disable=None) as bar:
            for batch in images.batches(test.batch_size):
                results += rendered(predictor, batch) if reverse else measured(predictor, batch, test.quantise)
                bar.update(len(batch.stems))
        for result in results:
            writer.write(result.stem, result.final, None if reverse else result.level)
        sizes = {result.sem.shape for result in results}
        scored = None if reverse or results[0].truth is None or len(sizes) > 1 else scores(opt, layout, results)
        if len(sizes) > 1:
            print(f"images of {len(sizes)} sizes: each map has its image's, and there is no score over all")
        writer.write_metrics({"run": opt.run.name, "epoch": test.epoch, "images": len(results), "score": scored})
        facts = [
            ("epoch", test.epoch),
            ("model", opt.run.model),
            ("data", str(layout.root)),
            ("images", str(len(results))),
            ("scale", f"{test.nm_per_grey:g} nm a grey level"),
        ]
        results_page.write(writer.unfinished, results, opt.run.name, scored, facts)
    if scored:
        print(table(scored))
    print(f"depth maps, submission.zip, metrics.json and the page: {folder / 'index.html'}")
    return 0


def measured(predictor: Predictor, batch: TestBatch, quantise: bool) -> list[Result]:
    """Depth maps of a batch of SEM images, at the size that the files have."""
    answer = predictor.predict(batch.images)
    none = [None] * len(batch.stems)
    quantised = answer.quantised if quantise else none
    centred = none if answer.centred is None or not quantise else answer.centred
    truth = none if batch.truth is None else batch.truth
    columns = (batch.stems, batch.images, answer.depth_grey, quantised, truth, answer.level.tolist(), centred)
    return [Result(*row) for row in zip(*columns, strict=True)]


def rendered(predictor: Predictor, batch: TestBatch) -> list[Result]:
    """SEM images of a batch of depth maps, beside the true ones."""
    sem = predictor.render(batch.images)
    return [
        Result(stem, depth, image, None, None, int(depth.max()), names=("depth", "SEM"))
        for stem, depth, image in zip(batch.stems, batch.images, sem, strict=True)
    ]


def scores(opt: Options, layout: Layout, results: list[Result]) -> dict[str, Any]:
    """Errors of the results, beside the mean depth map of the training set; only here is the truth looked at."""
    truth, raw = (np.stack([getattr(result, name) for result in results]) for name in ("truth", "depth"))
    quantised, centred = (finished([getattr(result, name) for result in results]) for name in ("quantised", "centred"))
    level = np.array([result.level for result in results])
    maps = read_stack(layout.depth(), replace(opt.data, preprocess="none"), "reading depth maps")
    return score(truth, raw, quantised, centred, level, opt.test.background_levels, maps)


def finished(maps: list[Any]) -> NDArray | None:
    """One array of the maps of a finishing step; None if it was not asked for."""
    return None if maps[0] is None else np.stack(maps)


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
