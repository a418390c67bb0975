"""Whether the 95 % intervals of budgets hold: python benchmarks/uncertainty_budget.py [--holes 800].

The holes are new: the model in pretrained/ was not trained on them. As many others, whose ground truth is known, are
the validation. Every hole is measured by instruments that are wrong by a random error of their own: of the pixel
width, of nm per grey, and of the stage's place. The budgets know the distribution of these errors only, from a
FILE.yaml. The last columns are of one instrument without errors. Ground truth is measured in the true depth map. Holes
that are out of distribution do not count.
"""

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.timing import machine
from data.grey_levels import FLOOR, LEVELS
from data.simulator import clean_signal, depth_grey, normalised_depth, random_hole, sem_image
from data.simulator.instrument import REAL
from models import Predictor
from util.budget import MeasureBudget, make_budgets
from util.metrology import QUANTITIES, UNCERTAIN, RunStatistics, difference, hole_table, measure_holes
from util.results import ResultBuilder

PIXEL_NM, N_INSTRUMENTS, SEED = 2.08, 10, 9000
STATED: dict[str, dict[str, Any]] = {  # the budgets' FILE.yaml
    "pixel_width_relative": {"value": 0.01, "distribution": "rectangular"},
    "nm_per_grey_relative": {"value": 0.005, "distribution": "normal"},
    "place_nm": {"value": 2.0, "distribution": "triangular"},
}
MEASURES = [name for name in QUANTITIES if "_u90_" not in name]
Columns = dict[str, NDArray[np.float64]]


class Holes(NamedTuple):
    """Predicted depths and their U90, true depths (N, H, W) [nm]; U90 of the floors' mean depths (N,) [nm]."""

    depth: NDArray
    depth_u90: NDArray
    true_depth: NDArray
    floor_u90: NDArray


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holes", type=int, default=800, help="holes to measure (800)")
    count = parser.parse_args().holes
    torch.set_num_threads(1)
    predictor = Predictor.load("pretrained/holes")
    factors = ResultBuilder(1.0, PIXEL_NM).calibrated(predictor.recall_known()).factors or {}
    validation, holes = (predict(predictor, seed, n) for seed, n in ((SEED, count), (SEED + 1, count)))
    errors = measurement_errors(validation)
    measured, truth = measure_by_instruments(holes, factors)
    exact, exact_truth = (measure_holes(depth, PIXEL_NM) for depth in (holes.depth, holes.true_depth))
    columns = (
        coverages(measured, truth, errors, STATED),
        coverages(measured, truth, None, STATED),
        coverages(exact, exact_truth, errors, {}),
    )
    print("| measure | U | with a validation | U | from U90 alone | U | network alone, with a validation |")
    print("| --- " * 7 + "|")
    for name in MEASURES:
        cells = [f"{rows[name][0]:.2g} | {rows[name][1]:.1%}" if name in rows else "– | –" for rows in columns]
        print(f"| {name} | {' | '.join(cells)} |")
    means = [np.mean([coverage for _, coverage in rows.values()]) for rows in columns]
    print(f"| mean | | {' | | '.join(f'{mean:.1%}' for mean in means)} |")
    n, n_validation = len(holes.depth), len(validation.depth)
    print(
        f"\n{n} of {count} holes, {n_validation} of the validation; {N_INSTRUMENTS} instruments each; a coverage is "
        f"known to ± {math.sqrt(0.95 * 0.05 / n):.1%} (one standard deviation); {machine()}"
    )
    return 0


def predict(predictor: Predictor, seed: int, count: int) -> Holes:
    """New holes that are not out of distribution, at most `count`; a grey level is 1 nm."""
    level, sem, true_depth = np.resize(LEVELS, count), [], []
    for n in tqdm(range(count), "simulating", leave=False):
        rng = np.random.default_rng([seed, n])
        u = normalised_depth(random_hole(rng))
        sem.append(sem_image(clean_signal((level[n] - FLOOR) * u, REAL), REAL, rng))
        true_depth.append(level[n] - depth_grey(u, level[n]).astype(np.float32))
    starts = tqdm(range(0, count, 64), "predicting", leave=False)
    predictions = [predictor.predict(np.stack(sem[n : n + 64])) for n in starts]
    names = ("level", "final", "depth_u90", "floor_depth", "ood_score")
    final_level, final, depth_u90, floor_depth, ood_score = (
        np.concatenate([getattr(prediction, name) for prediction in predictions]) for name in names
    )
    keep = ood_score <= 1
    depth = final_level[:, None, None] - final
    return Holes(depth[keep], depth_u90[keep], np.stack(true_depth)[keep], floor_depth[keep, 1])


def measurement_errors(holes: Holes) -> dict[str, dict[str, float]]:
    """The errors of the measures against ground truth, as metrics.json of a test holds them."""
    predicted, truth = (measure_holes(depth, PIXEL_NM) for depth in (holes.depth, holes.true_depth))
    summary = {}
    for name in MEASURES:
        error = difference(name, predicted[name], truth[name])
        error = error[np.isfinite(error)]
        summary[name] = {"n": len(error), "bias": error.mean(), "three_sigma": 3 * error.std(ddof=1)}
    return summary


def measure_by_instruments(holes: Holes, factors: dict[str, float]) -> tuple[Columns, Columns]:
    """Measures of every hole by N_INSTRUMENTS (N * N_INSTRUMENTS,), and their ground truth.

    Each measurement takes a wrong pixel width, a wrong nm per grey, and a moved stage; so it has errors of its own.
    """
    rng, parts = np.random.default_rng(SEED), []
    for depth, u90, floor_u90 in zip(holes.depth, holes.depth_u90, holes.floor_u90, strict=True):
        for _ in range(N_INSTRUMENTS):
            pixel_nm = PIXEL_NM * (1 + rng.uniform(-1, 1) * STATED["pixel_width_relative"]["value"])
            nm_per_grey = 1 + rng.standard_normal() * STATED["nm_per_grey_relative"]["value"]
            values = measure_holes(nm_per_grey * depth[None], pixel_nm, nm_per_grey * u90[None], factors=factors)
            values["depth_mean_u90_nm"] = np.array([nm_per_grey * floor_u90])
            for name in ("centre_x_nm", "centre_y_nm"):
                values[name] += STATED["place_nm"]["value"] * rng.triangular(-1, 0, 1)
            parts.append(values)
    truth = measure_holes(holes.true_depth, PIXEL_NM)
    measured = {name: np.concatenate([part[name] for part in parts]) for name in QUANTITIES}
    return measured, {name: np.repeat(truth[name], N_INSTRUMENTS) for name in MEASURES}


def coverages(
    measured: Columns, truth: Columns, errors: dict[str, dict[str, float]] | None, stated: dict[str, dict[str, Any]]
) -> dict[str, tuple[float, float]]:
    """By measure: U, and the fraction of truths [0..1] inside measure + correction +- U.

    Only where the network's spread is stated. `errors` are those of the validation, `stated` is the FILE.yaml.
    """
    rows = {}
    for budget in budgets_of(measured, errors, stated):
        if "network" not in budget.left_out:
            error = difference(budget.name, measured[budget.name] + budget.correction, truth[budget.name])
            error = error[np.isfinite(error)]
            rows[budget.name] = budget.expanded, float((np.abs(error) <= budget.expanded).mean())
    return rows


def budgets_of(
    measured: Columns, errors: dict[str, dict[str, float]] | None, stated: dict[str, dict[str, Any]]
) -> list[MeasureBudget]:
    """The budgets that `util.metrology --budget FILE.yaml` makes of these measures."""
    n = np.arange(len(measured["depth_mean_nm"]))
    u90 = {name: measured[column] for name, column in UNCERTAIN.items() if column in measured}
    quantities = {name: measured[name] for name in MEASURES}
    table = hole_table.HoleTable([str(i) for i in n], [""], 0 * n, n, 0 * n, quantities, u90)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file, content = folder / "instrument.yaml", dict[str, Any](stated)
        if errors:
            (folder / "metrics.json").write_text(json.dumps({"measurement_errors": errors, "pixel_nm": PIXEL_NM}))
            content["validation"] = "."
        file.write_text(yaml.safe_dump(content))
        (folder / "run").mkdir()
        return make_budgets(folder / "run", RunStatistics.from_table(table), str(file))


if __name__ == "__main__":
    sys.exit(main())
