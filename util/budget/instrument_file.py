"""What a user knows about an instrument: FILE.yaml of `python -m util.metrology RUN --budget FILE.yaml`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import UtilError
from ..metrology import FORMER_NAMES, QUANTITIES
from ..results import ResultsFolder
from .measurement_model import OWN, name_in_nm
from .uncertainty import DIVISORS, Uncertainty

KEYS = {  # of the file, and the lines that they state
    "pixel_width_relative": "pixel width",
    "nm_per_grey_relative": "nm per grey",
    "level_nm": "level",
    "place_nm": "place",
    "edge_nm": "edge",
    "repeatability_nm": "repeatability",
    "bias_nm": "bias",
}
VALIDATION = "validation"  # a folder of results with ground truth, relative to the file's own folder
ENTRY = ("value", "distribution", "dof", "type")
MAX_RELATIVE = 0.5  # above it a fraction was probably written in per cent
EXAMPLE = "{value: 0.3, distribution: normal, dof: 20}"


@dataclass(frozen=True)
class InstrumentStatement:
    """What is stated: of `lines` by line, and of single measures, `by_measure[line][measure]`; `validation`: the
    metrics.json of a test with ground truth, empty where none is named."""

    lines: Mapping[str, Uncertainty] = field(default_factory=dict)
    by_measure: Mapping[str, Mapping[str, Uncertainty]] = field(default_factory=dict)
    validation: Mapping[str, Any] = field(default_factory=dict)

    def get(self, line: str, measure: str) -> Uncertainty | None:
        """What is stated of a line of a measure; what `repeatability_nm` and `bias_nm` state is of lengths in nm."""
        name = name_in_nm(measure)
        if (entry := self.by_measure.get(line, {}).get(name)) is not None:
            return entry
        return None if line in OWN and not measure.endswith("_nm") else self.lines.get(line)


class _UniqueLoader(yaml.SafeLoader):
    """Refuses a key that is written twice, of which YAML would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise yaml.constructor.ConstructorError(problem=f"{twice} is written twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_instrument(path: Path) -> InstrumentStatement:
    """What the file at `path` states. Raises UtilError, one line, for another file, key or value."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_UniqueLoader)
    except OSError as error:
        raise UtilError(f"--budget {path}: cannot be read ({error.strerror or error})") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UtilError(f"--budget {path}: not a YAML file ({' '.join(str(error).split())[:200]})") from None
    where = f"--budget {path}"
    lines, by_measure, validation = {}, {}, {}
    for key, value in _mapping(content, where, "`key: {value: ...}`, such as edge_nm").items():
        if key in KEYS:
            lines[KEYS[key]] = _read_entry(f"{where}: {key}", value, path, str(key).endswith("_relative"))
        elif key in OWN:
            by_measure[key] = _read_measures(f"{where}: {key}", value, path)
        elif key == VALIDATION:
            validation = _read_validation(f"{where}: {key}", value, path)
        else:
            raise UtilError(f"{where}: {key!r} is no key; known are {', '.join((*KEYS, *OWN, VALIDATION))}")
    return InstrumentStatement(lines, by_measure, validation)


def _read_validation(where: str, content: Any, path: Path) -> dict[str, Any]:
    if not isinstance(content, str):
        raise UtilError(f"{where}: expected a folder of results with ground truth, not {content!r}")
    metrics = ResultsFolder(path.parent / content).metrics
    if not metrics.get("measurement_errors"):
        raise UtilError(f"{where}: {content}: its images have no ground truth; test images with depth maps")
    return metrics


def _read_measures(where: str, content: Any, path: Path) -> dict[str, Uncertainty]:
    entries = {}
    for name, value in _mapping(content, where, "`measure: {value: ...}`, such as cd_half_nm").items():
        measure = FORMER_NAMES.get(name, name)
        if measure not in QUANTITIES or "_u90_" in measure:
            known = ", ".join(known for known in QUANTITIES if "_u90_" not in known)
            raise UtilError(f"{where}: {name!r} is no measure; known are {known}")
        entries[measure] = _read_entry(f"{where}: {name}", value, path, is_relative=False)
    return entries


def _read_entry(where: str, content: Any, path: Path, is_relative: bool) -> Uncertainty:
    entry = _mapping(content, where, EXAMPLE)
    if unknown := next((key for key in entry if key not in ENTRY), None):
        raise UtilError(f"{where}: {unknown!r} is no key; known are {', '.join(ENTRY)}")
    if "value" not in entry:
        raise UtilError(f"{where}: has no value; expected {EXAMPLE}")
    value, dof = _number(where, "value", entry["value"]), _number(where, "dof", entry.get("dof", math.inf))
    distribution, kind = entry.get("distribution", "normal"), entry.get("type", "B")
    if distribution not in tuple(DIVISORS):  # it may be a list
        raise UtilError(f"{where}: distribution {distribution!r}: must be one of {', '.join(DIVISORS)}")
    if kind not in ("A", "B"):
        raise UtilError(f"{where}: type {kind!r}: must be A or B")
    if not 0 <= value < math.inf:
        raise UtilError(f"{where}: value {value:g}: must be a number of at least 0")
    if is_relative and value > MAX_RELATIVE:
        raise UtilError(f"{where}: value {value:g}: must be a fraction of at most {MAX_RELATIVE}; 1 % is 0.01")
    if not dof >= 1:
        raise UtilError(f"{where}: dof {dof:g}: must be at least 1; leave it out where the value is certain")
    return Uncertainty(value, distribution, dof, kind, path.name)


def _mapping(content: Any, where: str, expected: str) -> dict[Any, Any]:
    if not isinstance(content, dict):
        text = "nothing" if content is None else f"{content!r}"[:60]
        raise UtilError(f"{where}: expected {expected}, not {text}")
    return content


def _number(where: str, key: str, content: Any) -> float:
    try:
        return math.nan if isinstance(content, bool) else float(content)  # also the text 1e-3, which YAML keeps as such
    except (TypeError, ValueError, OverflowError):
        raise UtilError(f"{where}: {key} {content!r}: must be a number") from None
