"""Fits an instrument to the statistics of a domain's images by bounded least squares."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..dataset_layout import even_subset
from ..errors import DataError, counted
from ..simulator import Instrument
from .comparison import Comparison, DomainSample
from .image_statistics import CENTRE, NAMES, measure_images, measure_line_power
from .parameters import HIGH, LOW, PARAMETERS, STARTS, WIDTH, start_vector, to_instrument
from .reshaping import Reshaping
from .shape_renderings import ShapeRenderings

MAX_IMAGES = 400  # of the domain that are measured
MIN_HOLES = 4  # images that show a hole
MAX_COST_RATIO = 0.85  # of two costs: above it nothing shows which of the two solutions, or walls, is right
MAX_PROFILE_RMS = 0.05  # of the surface's signal, between measured and fitted profiles of a good fit
MIN_CORRELATION = 0.8  # of two parameters that the images tell only together


@dataclass(frozen=True)
class Effort:
    """How long a fit may take: the starts, and shapes and steps of the search from each and of the final fit."""

    starts: tuple[dict[str, float], ...] = STARTS
    search_shapes: int = 24
    search_steps: int = 8
    final_shapes: int = 48
    final_steps: int = 12
    walls: tuple[float, ...] = (0.6, 0.35)  # widths, relative to the library's, that are tried beside 1


FULL = Effort()
QUICK = Effort(STARTS[1:2], 4, 2, 4, 1, ())


@dataclass(frozen=True)
class FittedParameter:
    """A parameter with its standard error, in units of itself, and whether the images determine it."""

    name: str
    value: float
    error: float
    is_determined: bool


@dataclass(frozen=True)
class InstrumentFit:
    """An instrument that was fitted to images, and how well.

    `reshaping` says how the holes differ from the library's. `alike` names the pairs of parameters that the images
    tell only together. `measured` and `fitted` (L, K) are the mean statistics of the images and of the renderings by
    level, named by NAMES; `line_power` (2, F) are their power spectra along the slow axis of the scan.
    """

    instrument: Instrument
    reshaping: Reshaping
    parameters: tuple[FittedParameter, ...]
    alike: tuple[tuple[str, str], ...]
    measured: NDArray[np.float64]
    fitted: NDArray[np.float64]
    line_power: NDArray[np.float64]

    @property
    def is_good(self) -> bool:
        """Whether the profiles differ by MAX_PROFILE_RMS at most."""
        return self.rms("profile") <= MAX_PROFILE_RMS

    def rms(self, kind: str) -> float:
        """Root mean square difference of the statistics whose names begin with `kind`."""
        return float(np.sqrt(np.nanmean(self._difference(kind) ** 2)))

    def bias(self, kind: str) -> float:
        """Mean difference, fitted less measured, of the statistics whose names begin with `kind`."""
        return float(np.nanmean(self._difference(kind)))

    def _difference(self, kind: str) -> NDArray[np.float64]:
        return (self.fitted - self.measured)[:, [name.startswith(kind) for name in NAMES]]


def fit_instrument(
    images: NDArray,
    level_index: NDArray,
    depth_nm: NDArray,
    library: NDArray,
    pixel_nm: float,
    effort: Effort = FULL,
    on_step: Callable[[], object] = lambda: None,
) -> InstrumentFit:
    """The instrument that images (N, H, W) [grey level] tell.

    `level_index` (N,) [0..L-1] is each image's level, and `depth_nm` (L,) the depth of the plateau there. `library`
    (M, H, W) holds normalised depths u of shapes that are like those in the images, but for the width of their walls.
    `on_step` is called after every step, at most `count_steps(effort)` times. DataError if the images show no holes.
    """
    images, level_index = even_subset(images, MAX_IMAGES), even_subset(level_index, MAX_IMAGES)
    rows = measure_images(images)
    n_holes = int(np.isfinite(rows).any(axis=1).sum())
    if n_holes < MIN_HOLES:
        raise DataError(
            f"{n_holes} of {counted(len(rows), 'SEM image')} show a hole; expected at least {MIN_HOLES}; images of "
            "many holes cannot be fitted, crop them to one hole each"
        )
    real = DomainSample.of(rows, level_index, len(depth_nm), min(MIN_HOLES, n_holes // len(depth_nm)) or 1)

    def compare(count: int, reshaping: Reshaping) -> Comparison:
        u, shape_level = select_shapes(library, count, np.unique(level_index))
        renderings = ShapeRenderings(reshaping.apply(u), depth_nm[shape_level])
        return Comparison(real, renderings, shape_level, pixel_nm)

    search = compare(effort.search_shapes, Reshaping())
    solutions = [_solve(search, start_vector(changes), effort.search_steps, on_step) for changes in effort.starts]
    solutions.sort(key=lambda solution: solution[0])
    reshaping, least = Reshaping(), MAX_COST_RATIO * solutions[0][0]
    vectors = [vector for cost, vector, _ in solutions if MAX_COST_RATIO * cost <= solutions[0][0]]
    for wall in effort.walls:
        changed = Reshaping.of_wall(wall, library)
        search = compare(effort.search_shapes, changed)
        cost, moved, _ = _solve(search, start_vector(effort.starts[0]), effort.search_steps, on_step)
        if cost < least:
            reshaping, least, vectors = changed, cost, [moved]
    final = compare(effort.final_shapes, reshaping)
    _, vector, jacobian = _solve(final, vectors[0], effort.final_steps, on_step)
    return _describe(final, reshaping, vector, jacobian, np.stack(vectors), measure_line_power(images))


def count_steps(effort: Effort) -> int:
    """Number of steps of a fit, at most."""
    return (len(effort.starts) + len(effort.walls)) * effort.search_steps + effort.final_steps


def select_shapes(library: NDArray, count: int, levels: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
    """`count` shapes (count, H, W) and a level for each: a systematic sample of the library (M, H, W) by area.

    Levels come up and down in turns, so that none has the larger shapes.
    """
    order = np.argsort(np.sum(library > 0.5, axis=(1, 2)), kind="stable")
    places = ((np.arange(count) + 0.5) * len(library) / count).astype(np.int64)
    turns = np.concatenate((levels, levels[::-1]))
    return library[order[places]], turns[np.arange(count) % len(turns)]


def _solve(
    comparison: Comparison, start: NDArray, steps: int, on_step: Callable[[], object]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """(half the sum of the squared residuals, parameters (P,), derivatives (R + P, P))."""
    from scipy.optimize import least_squares  # here, because it is slow to import

    def differentiate(vector: NDArray) -> NDArray:
        on_step()
        return comparison.jacobian(vector)

    result = least_squares(
        comparison.residuals, start, differentiate, bounds=(LOW, HIGH), x_scale=WIDTH, max_nfev=steps
    )
    return float(result.cost), result.x, result.jac


def _describe(
    comparison: Comparison,
    reshaping: Reshaping,
    vector: NDArray,
    jacobian: NDArray,
    solutions: NDArray,
    line_power: NDArray,
) -> InstrumentFit:
    """The fit `vector` (P,), whose errors reach the `solutions` (S, P) of the search, which fit nearly as well.

    The linear covariance alone is too small in the bent valley of bloom, rounding, decay and depth of the edge.
    """
    sample, real = comparison.measure(vector), comparison.real
    moves = solutions - vector
    covariance = comparison.covariance(jacobian, sample) + moves.T @ moves
    sigma = np.sqrt(np.diag(covariance))
    parameters = tuple(
        FittedParameter(p.name, p.unscale(x), p.unscale(x) * s if p.is_log else s, s < p.width / 2)
        for p, x, s in zip(PARAMETERS, vector.tolist(), sigma.tolist(), strict=True)
    )
    correlation = np.triu(np.abs(covariance / np.outer(sigma, sigma)), 1)
    pairs = np.argwhere(correlation > MIN_CORRELATION)
    # Uniform within +- a: variance a^2 / 3.
    scatter = _scatter(real.rows) - _scatter(sample.rows)
    jitter_y, jitter_x = np.sqrt(3 * np.maximum(scatter, 0)).tolist()
    fitted = to_instrument(vector, comparison.pixel_nm)
    return InstrumentFit(
        replace(fitted, jitter_x_px=jitter_x, jitter_y_px=jitter_y),
        reshaping,
        parameters,
        tuple((PARAMETERS[first].name, PARAMETERS[second].name) for first, second in pairs),
        real.mean,
        sample.mean,
        np.stack((line_power, measure_line_power(comparison.renderings.render(fitted)))),
    )


def _scatter(rows: NDArray) -> NDArray[np.float64]:
    """Variances (2,), along y and x [px^2], of the holes' centres."""
    return np.nanvar(rows[:, CENTRE], axis=0)
