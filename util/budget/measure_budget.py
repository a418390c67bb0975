"""The budget of one measure: contributions of its lines, combined and expanded (JCGM 100:2008 and 101:2008)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..metrology import RunStatistics
from ..results import ResultsFolder
from .evidence import Evidence, check_validation, collect_evidence, read_level
from .instrument_file import InstrumentStatement, read_instrument
from .measurement_model import LINES, NEED_PIXELS, evaluate, influences, name_in_nm
from .uncertainty import Uncertainty

COVERAGE = 0.95
N_DRAWS, SEED = 100_000, 0
MAX_DIFFERENCE = 0.05  # of the two expanded uncertainties, above which Monte Carlo is reported


class BudgetLine(NamedTuple):
    """One line: `uncertainty` is None where nothing tells it, `sensitivity` 0 where it does not change the measure."""

    name: str
    uncertainty: Uncertainty | None
    sensitivity: float
    contribution: float  # [the measure's unit]


@dataclass(frozen=True)
class MeasureBudget:
    """The budget of one measurement of a typical hole, in the measure's unit.

    value + correction +- expanded holds 95 %. NaN where no line is stated.
    """

    name: str
    value: float
    correction: float
    lines: tuple[BudgetLine, ...]
    dof: float  # effective degrees of freedom
    expanded_gum: float  # by Welch-Satterthwaite
    expanded_mc: float  # by Monte Carlo

    @property
    def combined(self) -> float:
        """The combined standard uncertainty (GUM 5.1.2)."""
        contributions = [line.contribution for line in self.lines if line.uncertainty]
        return math.hypot(*contributions) if contributions else math.nan

    @property
    def left_out(self) -> list[str]:
        """The lines that would change the measure, but that nothing tells."""
        return [line.name for line in self.lines if line.uncertainty is None and line.sensitivity]

    @property
    def method(self) -> str:
        """Which expanded uncertainty is reported: Monte Carlo where the two differ by more than 5 %."""
        differs = abs(self.expanded_mc - self.expanded_gum) > MAX_DIFFERENCE * self.expanded_gum
        return "Monte Carlo" if differs else "Welch-Satterthwaite"

    @property
    def expanded(self) -> float:
        """The expanded uncertainty U of 95 % that is reported."""
        return self.expanded_mc if self.method == "Monte Carlo" else self.expanded_gum

    @property
    def coverage_factor(self) -> float:
        """k = U / combined; NaN where nothing is uncertain."""
        return self.expanded / self.combined if self.combined else math.nan

    def share(self, line: BudgetLine) -> float:
        """The share [0..1] of a line in the combined variance."""
        return (line.contribution / self.combined) ** 2 if self.combined else 0.0


def make_budgets(folder: Path, statistics: RunStatistics, file: str = "") -> list[MeasureBudget]:
    """The budgets of all measures of the results in `folder`: what its tables and metrics.json tell, and before them
    what the user states in `file`, if one is named. Raises UtilError for a bad file or a damaged table."""
    statement = read_instrument(Path(file)) if file else InstrumentStatement()
    metrics = ResultsFolder(folder).metrics if (folder / "metrics.json").exists() else {}
    check_validation(statement.validation, metrics, file)
    level = read_level(folder / "background_levels.csv", metrics.get("nm_per_grey"))
    evidence = collect_evidence(statistics, metrics, level, statement.validation or metrics)
    hole = {name: float(np.nanmean(quantity.values)) for name, quantity in statistics.quantities.items()}
    return [make_budget(name, hole, evidence[name], statement) for name in statistics.quantities]


def make_budget(
    name: str, hole: Mapping[str, float], evidence: Evidence, statement: InstrumentStatement
) -> MeasureBudget:
    """The budget of the measure `name` of a hole with the measures `hole`."""
    known: dict[str, Uncertainty] = {}
    included = set(evidence.included)
    for line in influences(name):
        stated = statement.get(line, name) if line not in NEED_PIXELS or name == name_in_nm(name) else None
        if stated is not None:
            included.discard(line)
        if (entry := stated or evidence.lines.get(line)) is not None:
            known[line] = entry
    lines = {line: _line(name, hole, line, known.get(line)) for line in LINES}
    if "network" in known and "network" not in statement.by_measure:
        lines["network"] = _without(lines["network"], [lines[line] for line in included if line in known])
    gum, dof = _expand(list(lines.values()))
    known = {line: entry.uncertainty for line, entry in lines.items() if entry.uncertainty}
    correction = evidence.correction if statement.get("bias", name) is None else 0.0
    return MeasureBudget(name, hole[name], correction, tuple(lines.values()), dof, gum, _simulate(name, hole, known))


def _line(name: str, hole: Mapping[str, float], line: str, entry: Uncertainty | None) -> BudgetLine:
    """A line with its sensitivity, by the difference of the model at plus and minus its standard uncertainty (GUM
    5.1.3, note 2)."""
    if line not in influences(name):
        return BudgetLine(line, None, 0.0, 0.0)
    step = entry.standard if entry and entry.standard else 1e-3
    high, low = (float(evaluate(name, hole, {line: sign * step})) for sign in (1, -1))
    sensitivity = (high - low) / (2 * step)
    contribution = abs(sensitivity) * entry.standard if entry else 0.0
    if not math.isfinite(sensitivity):  # another measure that the model needs could not be measured
        return BudgetLine(line, None, math.nan, 0.0)
    return BudgetLine(line, entry, sensitivity, contribution)


def _without(spread: BudgetLine, parts: list[BudgetLine]) -> BudgetLine:
    """The network's spread without the parts of it that have a line of their own, so that none counts twice."""
    assert spread.uncertainty is not None
    variance = spread.contribution**2 - sum(part.contribution**2 for part in parts)
    if not parts or not spread.contribution:
        return spread
    rest, entry = math.sqrt(max(0.0, variance)), spread.uncertainty
    source = f"{entry.source}, without {' and '.join(part.name for part in parts)}"
    reduced = replace(entry, value=entry.value * rest / spread.contribution, source=source)
    return BudgetLine(spread.name, reduced, spread.sensitivity, rest)


def _expand(lines: list[BudgetLine]) -> tuple[float, float]:
    """Expanded uncertainty k u, and the effective degrees of freedom of Welch and Satterthwaite (GUM G.4.1), rounded
    down; k is the 97.5 % point of Student's t."""
    from scipy.special import stdtrit  # here, because importing scipy is slow

    known = [line for line in lines if line.uncertainty]
    if not known:
        return math.nan, math.nan
    combined = math.hypot(*(line.contribution for line in known))
    fourths = sum(line.contribution**4 / line.uncertainty.dof for line in known if line.uncertainty)
    dof = math.inf if fourths <= 0 else combined**4 / fourths
    dof = dof if math.isinf(dof) else max(1, math.floor(dof))
    return float(stdtrit(min(dof, 1e9), (1 + COVERAGE) / 2)) * combined, dof


def _simulate(name: str, hole: Mapping[str, float], known: Mapping[str, Uncertainty]) -> float:
    """Expanded uncertainty by Monte Carlo (JCGM 101:2008, 7): 95 % of the draws lie within it around the value."""
    if not known:
        return math.nan
    rng = np.random.default_rng(SEED)
    drawn = evaluate(name, hole, {line: known[line].draw(rng, N_DRAWS) for line in LINES if line in known})
    return float(np.quantile(np.abs(drawn - hole[name]), COVERAGE))
