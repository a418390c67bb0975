"""Published studies as tables, and the analysis of a table."""

import csv
from pathlib import Path

from util.anova.command import main
from util.anova.design import crossed, nested
from util.anova.observations import read_observations

FOLDER = Path(__file__).parents[2] / "data/anova"


def write_table(path, header, rows):
    """A CSV file at `path`."""
    path.write_text("\n".join(",".join(map(str, row)) for row in (header, *rows)) + "\n")
    return path


def analyse_table(path, out, *words):
    """The rows of anova.csv and of gauge.csv by source, as numbers, after the command has read the table at `path`."""
    assert main(["--table", str(path), "--value", "y", "--out", str(out), *words]) == 0
    return read_numbers(out / "anova.csv"), read_numbers(out / "gauge.csv")


def read_numbers(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row.pop("source"): {key: float(cell or "nan") for key, cell in row.items()} for row in rows}


def nested_design(path, *factors):
    """The observations and the nested design of a table at `path`."""
    observations = read_observations(path, "y", factors)
    return observations, nested(observations, factors)


def crossed_design(path, part, operator):
    """The observations and the crossed design of a table at `path`."""
    observations = read_observations(path, "y", (part, operator))
    return observations, crossed(observations, part, operator)
