"""What the blind benchmark prints of complete cells, as Markdown: errors, and what the pipeline does elsewhere.

The table of results reads the tests' scores. The other tables predict the test images of each cell again, with its
pipeline: what the look-up finds, whether the intervals hold, what the OOD score tells, and Monte Carlo images.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks import error_budget
from benchmarks.blind_rows import ROWS
from benchmarks.leaderboard_row import Row, read_scores
from benchmarks.ood_detection import (
    Scored,
    compute_auroc,
    draw_scores,
    measure_coverage,
    read_test_images,
)
from benchmarks.timing import machine
from models import Predictor
from util.results import ResultsFolder
from util.scoring import metrics

GIVEN = 0.5  # match probability from which on an image is given the library's shape rather than the network's
BATCH = 64
LOOKUP = (
    "The look-up. Recall: images of a shape of the library that are given that very shape. Wrong shape: those that are "
    "given another. False: images of other shapes that are given one. Then RMSE, and share of the images."
)


class Judged(NamedTuple):
    """A cell's pipeline, its SEM images and depth maps (N, H, W) [grey level], and their errors and OOD scores (N,)."""

    predictor: Predictor
    sem: NDArray
    truth: NDArray
    scored: Scored


class MonteCarlo(NamedTuple):
    """SEM images (N, H, W) [grey level]; depths (N, H, W) [nm] below the top surface, None if they are not known."""

    sem: NDArray
    depth: NDArray | None


def to_markdown(work: Path, cells: list[str]) -> str:
    """Results as Markdown, one line for each cell: RMSE of the final maps over all pixels [grey level]."""
    lines = [["cell", "mean map", *(row.title for row in ROWS.values()), "fraction of the U-Net's", "level right"]]
    lines[0] += ["training", "pixels in 90 %", "floors in 90 %", "flagged OOD"]
    for cell in cells:
        scores = {name: read(work / cell, row) for name, row in ROWS.items()}
        pipeline, unet = scores["pipeline"], scores["unet"]
        if not any(scores.values()):
            continue
        mean_map = next(score["mean_map_baseline"] for score in scores.values() if score)
        errors = [_format(score, lambda score: f"{score['final']:.2f}") for score in scores.values()]
        ratio = f"{pipeline['final'] / unet['final']:.2f}" if pipeline and unet else "–"
        level = _format(pipeline, lambda score: f"{score['level_accuracy']:.2%}")
        minutes = _format(pipeline, lambda score: f"{score['seconds'] / 60:.0f} min")
        fractions = [
            _format(pipeline and pipeline["intervals"][key], lambda fraction: f"{fraction:.1%}")
            for key in ("coverage_pixels", "coverage_floors", "ood_rate")
        ]
        lines.append([cell, f"{mean_map:.2f}", *errors, ratio, level, minutes, *fractions])
    lines.insert(1, ["---"] * len(lines[0]))
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\nRMSE in grey levels, all pixels; one core a program; {machine()}"


def report_seeds(work: Path, cells: list[str], seeds: int) -> str:
    """Markdown: mean and standard deviation of what the pipelines of each cell score that were trained with seeds."""
    runs = {cell: [score for n in range(seeds) if (score := read(work / cell, ROWS["pipeline"], n))] for cell in cells}
    complete = {cell: scores for cell, scores in runs.items() if scores}
    if not complete:
        return ""
    table = error_budget.to_markdown(tabulate_seeds, complete)
    return f"Trainings with other seeds, mean ± standard deviation:\n\n{table}"


def tabulate_seeds(scores: list[dict[str, Any]]) -> dict[str, str]:
    """Mean and standard deviation of the scores of several trainings (`read`)."""
    columns: dict[str, list[float]] = {
        "RMSE": [score["final"] for score in scores],
        "level right": [100 * score["level_accuracy"] for score in scores],
    }
    for name, key in (("pixels in 90 %", "coverage_pixels"), ("floors in 90 %", "coverage_floors")):
        columns[name] = [100 * score["intervals"][key] for score in scores]
    columns["flagged OOD"] = [100 * score["intervals"]["ood_rate"] for score in scores]
    texts = {"trainings": str(len(scores))}
    for name, values in columns.items():
        spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
        texts[name] = f"{np.mean(values):.2f}{spread}{'' if name == 'RMSE' else ' %'}"
    return texts


def report(work: Path, cells: list[str], monte_carlo: MonteCarlo | None, figure: Path) -> str:
    """Markdown of what the pipelines of complete cells do; "" if there is none. `figure` is the PNG file that shows
    each image's error against its OOD score."""
    complete = [cell for cell in cells if read(work / cell, ROWS["pipeline"])]
    if not complete:
        return ""
    judged = {cell: judge(work / cell) for cell in complete}
    lookups = {cell: tabulate_lookup(judged[cell], work / cell) for cell in complete}
    parts = [LOOKUP, _table(lookups), "Coverage of the 90 % intervals:"]
    parts.append(error_budget.to_markdown(tabulate_coverage, split_by_flag(judged)))
    scored = {cell: cell_judged.scored for cell, cell_judged in judged.items()}
    draw_scores(scored, figure)
    parts += [f"![Error against OOD score]({figure.parent.name}/{figure.name})", describe_correlation(scored)]
    if monte_carlo is not None:
        lines = {cell: tabulate_monte_carlo(judged[cell], monte_carlo) for cell in complete}
        parts += ["Monte Carlo images; RMSE in nanometres, a grey level taken as one:", _table(lines)]
    return "\n\n".join(parts)


def judge(work: Path) -> Judged:
    """The pipeline of a cell, and what it makes of the test images."""
    predictor = Predictor.load(work / "checkpoints" / ROWS["pipeline"].run(0))
    sem, truth = read_test_images(work / "sem")
    prediction = predictor.predict(sem)
    return Judged(predictor, sem, truth, Scored(metrics.image_rmse(prediction.final, truth), prediction.ood_score))


def tabulate_lookup(judged: Judged, work: Path) -> dict[str, str]:
    """Of the test images that show a shape of the library: the share that is given it, and the share that is given
    another; of the others, the share that is given one; RMSE [grey level] of both."""
    u, probability = find_shapes(judged.predictor.model, judged.sem)
    level = metrics.levels_of(judged.truth)
    error = metrics.image_rmse(metrics.denormalise(u, level), judged.truth)
    maps = error_budget.read_maps(work)
    known, right, given = maps["in_library"], error < error_budget.IN_LIBRARY, probability > GIVEN
    rates = {"recall": (right & given)[known], "wrong shape": (~right & given)[known], "false": given[~known]}
    return {name: _percent(values) for name, values in rates.items()} | error_budget.split_by_library(maps)


@torch.inference_mode()
def find_shapes(model: Any, sem: NDArray) -> tuple[NDArray, NDArray]:
    """Normalised depth (N, H, W) of the library's shape that a pipeline looks up for SEM images (N, H, W) [grey level],
    and its match probability (N,)."""
    shapes, probabilities = [], []
    for part in torch.from_numpy(sem)[:, None].float().split(BATCH):
        u, _ = model.calibration.predict_shape(part)
        index, features = model.lookup.find(part, u, model.calibration.predict_level(part).argmax(1), exact=False)
        shapes.append(model.library.get_shapes(index)[:, 0])
        probabilities.append(model.library.match_probability(features))
    return torch.cat(shapes).numpy(), torch.cat(probabilities).numpy()


def split_by_flag(judged: dict[str, Judged]) -> dict[str, Judged]:
    """Each cell, then its images that are flagged OOD, then the others; none of a kind without images."""
    parts = {}
    for cell, (predictor, sem, truth, scored) in judged.items():
        flagged = scored.score > 1
        for name, mask in ((cell, flagged | True), (f"{cell}, flagged", flagged), (f"{cell}, others", ~flagged)):
            if mask.any():
                parts[name] = Judged(predictor, sem[mask], truth[mask], Scored(scored.error[mask], scored.score[mask]))
    return parts


def tabulate_coverage(judged: Judged) -> dict[str, str]:
    """Number of images, their RMSE [grey level], and coverage of the 90 % intervals by region and by measure."""
    coverage = measure_coverage(judged.predictor, judged.sem, judged.truth)
    texts = {"images": str(len(judged.sem)), "RMSE": f"{np.sqrt(np.square(judged.scored.error).mean()):.2f}"}
    return texts | {name: "–" if np.isnan(value) else f"{value:.1%}" for name, value in coverage.items()}


def describe_correlation(scored: dict[str, Scored]) -> str:
    """Spearman's rank correlation of score and error in each cell, and over all."""
    texts = [f"{cell} {spearmanr(*images).statistic:.2f}" for cell, images in scored.items()]
    error, score = (np.concatenate(column) for column in zip(*scored.values(), strict=True))
    return f"Rank correlation of OOD score and error: {', '.join(texts)}; all {spearmanr(error, score).statistic:.2f}"


def tabulate_monte_carlo(judged: Judged, monte_carlo: MonteCarlo) -> dict[str, str]:
    """How many Monte Carlo images a pipeline flags, AUROC against its test images, and if depths are known: RMSE [nm]
    and the pixels of holes that are inside 90 % intervals."""
    prediction = judged.predictor.predict(monte_carlo.sem)
    flagged = prediction.ood_score > 1
    texts = {"images": str(len(flagged)), "flagged OOD": _percent(flagged)}
    texts["AUROC"] = f"{compute_auroc(judged.scored.score, prediction.ood_score):.3f}"
    if monte_carlo.depth is None:
        return texts
    error = prediction.level[:, None, None] - prediction.final - monte_carlo.depth
    for name, mask in (("RMSE", flagged | True), ("RMSE, flagged", flagged), ("RMSE, others", ~flagged)):
        texts[name] = f"{np.sqrt(np.square(error[mask]).mean()):.1f}" if mask.any() else "–"
    return texts | {"pixels in 90 %": _percent((np.abs(error) <= prediction.depth_u90)[monte_carlo.depth > 0])}


def read(work: Path, row: Row, seed: int = 0) -> dict[str, Any] | None:
    """The scores of a row in a cell (`read_scores`), and those of its intervals; None if it was not tested."""
    folder = work / "results" / row.run(seed) / "test_latest"
    if not (folder / "metrics.json").exists():
        return None
    return read_scores(work, row, seed) | {"intervals": ResultsFolder(folder).metrics["score"].get("intervals")}


def _table(lines: dict[str, dict[str, str]]) -> str:
    return error_budget.to_markdown(lambda line: line, lines)


def _percent(values: NDArray[np.bool_]) -> str:
    return f"{values.mean():.1%}" if values.size else "–"


def _format(value: Any, to_text: Callable[..., str]) -> str:
    return "–" if value is None else to_text(value)
