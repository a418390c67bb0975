"""Analysis of variance against certified and printed numbers, each with its source."""

from decimal import Decimal

import numpy as np
import pytest

from tests.util.anova.studies import FOLDER, analyse_table, read_numbers, write_table
from util.metrology.__main__ import main

DIGITS = 5e-10  # relative: nine digits
# NIST StRD, analysis of variance: F and residual standard deviation, as certified.
CERTIFIED = {
    "SiRstv": (1.18046237440255e00, 1.04076068334656e-01),
    "AtmWtAg": (1.59467335677930e01, 1.51048314446410e-05),
}


@pytest.mark.parametrize("name", CERTIFIED)
def test_measured_sets_of_nist(tmp_path, name):
    table, gauge = analyse_table(FOLDER / f"{name}.csv", tmp_path, "--nested", "instrument")
    f, deviation = CERTIFIED[name]
    assert table["instrument"]["f"] == pytest.approx(f, rel=DIGITS)
    assert table["residual"]["mean_square"] ** 0.5 == pytest.approx(deviation, rel=DIGITS)
    assert gauge["repeatability"]["standard_deviation"] == pytest.approx(deviation, rel=DIGITS)
    assert list(table) == ["instrument", "residual"]


@pytest.mark.parametrize("constant", ["1", "1000000", "1000000000000"])
@pytest.mark.parametrize("replicates", [21, 201, 2001])
def test_simulated_sets_of_nist(tmp_path, constant, replicates):
    """SmLs01 to SmLs09: y = constant + a(treatment) + a(replicate), a = 0.2, 0.1, 0.3, 0.1, 0.3, ...; the certified F
    is the number of replicates, the certified residual standard deviation 0.1."""
    a = [Decimal(text) for text in ("0.2", *("0.1", "0.3") * 1000)]
    rows = [(t, Decimal(constant) + a[t] + a[n]) for t in range(9) for n in range(replicates)]
    table, _ = analyse_table(write_table(tmp_path / "set.csv", "ty", rows), tmp_path, "--nested", "t")
    assert (table["t"]["df"], table["residual"]["df"]) == (8, 9 * (replicates - 1))
    assert table["t"]["f"] == pytest.approx(replicates, rel=DIGITS)
    assert table["residual"]["mean_square"] ** 0.5 == pytest.approx(0.1, rel=DIGITS)


@pytest.fixture
def furnace(tmp_path):
    """Thicknesses of 21 runs, 4 locations in each, 2 wafers at each, with the sums of squares of the furnace study of
    the NIST/SEMATECH e-Handbook, 3.5.1.4: 61,442.29 (2/7 of a unit, as its components tell), 36,014.5 and 10,155."""
    rng = np.random.default_rng(0)
    run, location, wafer = rng.normal(size=21), rng.normal(size=(21, 4)), rng.normal(size=(21, 4, 2))
    run -= run.mean()
    location -= location.mean(1, keepdims=True)
    wafer -= wafer.mean(2, keepdims=True)
    run *= np.sqrt((61442 + 2 / 7) / (8 * (run**2).sum()))
    location *= np.sqrt(36014.5 / (2 * (location**2).sum()))
    wafer *= np.sqrt(10155 / (wafer**2).sum())
    thickness = 563 + run[:, None, None] + location[:, :, None] + wafer
    rows = [(r, n, repr(float(thickness[r, n, w]))) for r in range(21) for n in range(4) for w in range(2)]
    return write_table(tmp_path / "furnace.csv", ("run", "location", "y"), rows)


def test_the_furnace_study_of_the_handbook(furnace, tmp_path):
    table, gauge = analyse_table(furnace, tmp_path, "--nested", "run,location")
    printed = {  # df, mean square, F, p, component, its root
        "run": (20, 3072.11, 5.37404, 1e-7, 312.55694, 17.679),
        "location": (63, 571.659, 4.72864, 3.85e-11, 225.38294, 15.013),
        "residual": (84, 120.893, None, None, 120.89286, 10.995),
    }
    assert list(table) == list(printed)
    for name, (freedom, mean_square, f, p, component, root) in printed.items():
        row = table[name]
        assert row["df"] == freedom and round(row["mean_square"], 3) == pytest.approx(mean_square, abs=5e-3)
        assert round(row["variance_component"], 5) == component
        name = "repeatability" if name == "residual" else name
        assert round(gauge[name]["standard_deviation"], 3) == root
        if f:
            assert round(row["f"], 5) == f and row["p"] == pytest.approx(p, rel=2e-3 if p < 1e-8 else 0.5)
    shares = [round(gauge[name]["contribution"], 4) for name in ("run", "location", "repeatability")]
    assert shares == [0.4744, 0.3421, 0.1835]


def test_reml_of_a_balanced_study_without_negative_estimates_is_the_same(furnace, tmp_path):
    table, _ = analyse_table(furnace, tmp_path, "--nested", "run,location", "--method", "reml")
    assert [row["variance_component"] for row in table.values()] == pytest.approx(
        [312.556944, 225.382937, 120.892857], rel=1e-7
    )
    assert round(table["run"]["f"], 5) == 5.37404, "the tests stay those of the mean squares"


def test_the_pins_of_the_handbook(tmp_path):
    """NIST/SEMATECH e-Handbook, 3.2.3.3.1: sums of squares of machine, operator inside machine, residual."""
    table, _ = analyse_table(FOLDER / "machine.csv", tmp_path, "--nested", "machine,operator")
    assert [row["df"] for row in table.values()] == [4, 5, 40]
    assert [round(row["sum_of_squares"], 7) for row in table.values()] == [0.0003033, 0.0000186, 0.0003460]
    assert round(table["operator"]["mean_square"], 8) == 0.00000372
    assert table["operator"]["variance_component"] == 0, "its estimate is negative"


def test_the_gauge_study_of_aiag(tmp_path, capsys):
    """AIAG, Measurement Systems Analysis, 4th ed.: its table, and what it calls EV, AV, GRR, PV and ndc."""
    table, gauge = analyse_table(FOLDER / "aiag.csv", tmp_path, "--crossed", "part,appraiser", "--tolerance_nm", "2")
    printed = {  # df, sum of squares, mean square, F
        "part": (9, 88.3619, 9.81799, 492.291),
        "appraiser": (2, 3.1673, 1.58363, 79.406),
        "part:appraiser": (18, 0.3590, 0.01994, 0.434),
        "residual": (60, 2.7589, 0.04598, None),
    }
    assert list(table) == list(printed)
    for name, (freedom, squares, mean_square, f) in printed.items():
        row = table[name]
        assert (row["df"], round(row["sum_of_squares"], 4), round(row["mean_square"], 5)) == (
            freedom,
            squares,
            mean_square,
        )
        assert f is None or round(row["f"], 3) == f
    assert round(table["part:appraiser"]["p"], 3) == 0.974
    deviations = {name: row["standard_deviation"] for name, row in gauge.items()}
    assert round(deviations["repeatability"], 6) == 0.199933
    assert round(deviations["reproducibility"], 6) == 0.226838
    assert deviations["gauge"] == pytest.approx(0.302373, abs=2e-6)
    assert round(deviations["part"], 5) == 1.04233
    percent = [
        round(100 * gauge[name]["study_variation"], 2) for name in ("repeatability", "reproducibility", "gauge", "part")
    ]
    assert percent == [18.42, 20.90, 27.86, 96.04]
    assert round(100 * gauge["gauge"]["contribution"], 2) == 7.76
    assert gauge["gauge"]["precision_to_tolerance"] == pytest.approx(6 * 0.302373 / 2, abs=1e-5)
    printed = capsys.readouterr().out
    assert "part:appraiser is pooled into the residual" in printed and "78 degrees of freedom" in printed
    assert "number of distinct categories: 4" in printed and "90.71%" in printed


def test_the_gauge_study_of_montgomery(tmp_path):
    """D. C. Montgomery, Design and Analysis of Experiments: the table, and the components without the interaction."""
    table, _ = analyse_table(FOLDER / "montgomery.csv", tmp_path, "--crossed", "part,operator")
    assert [round(row["sum_of_squares"], 3) for row in table.values()] == [1185.425, 2.617, 27.05, 59.5]
    assert [round(row["mean_square"], 3) for row in table.values()] == [62.391, 1.308, 0.712, 0.992]
    assert [round(row["f"], 2) for row in list(table.values())[:3]] == [87.65, 1.84, 0.72]
    assert round(table["operator"]["p"], 3) == 0.173 and round(table["part:operator"]["p"], 3) == 0.861
    components = [round(row["variance_component"], 4) for row in table.values()]
    assert components == [10.2513, 0.0106, 0, 0.8832]


def test_an_interaction_that_is_significant_is_part_of_reproducibility(tmp_path, capsys):
    """Components of a balanced study: D. C. Montgomery, Design and Analysis of Experiments, chapter 13."""
    effect = {(p, o): 2 * p + 2 * ((p + o) % 3) for p in range(5) for o in range(3)}
    rows = [(p, o, round(value + 0.1 * (n - 0.5), 3)) for (p, o), value in effect.items() for n in range(2)]
    path = write_table(tmp_path / "study.csv", ("part", "operator", "y"), rows)
    table, gauge = analyse_table(path, tmp_path, "--crossed", "part,operator")
    part, operator, both, residual = (row["mean_square"] for row in table.values())
    expected = [(part - both) / 6, (operator - both) / 10, (both - residual) / 2, residual]
    assert expected[0] > 0 > expected[1], "one estimate is negative"
    expected[1] = 0
    assert [row["variance_component"] for row in table.values()] == pytest.approx(expected)
    assert gauge["reproducibility"]["variance"] == pytest.approx(expected[2])
    printed = capsys.readouterr().out
    assert "pooled" not in printed and "negative estimates are set to 0: the variance component of operator" in printed


def test_the_yield_of_dyestuff(tmp_path):
    """O. L. Davies, Statistical Methods in Research and Production, 1947: REML as the R package lme4 prints it."""
    batches = {
        "A": (1545, 1440, 1440, 1520, 1580), "B": (1540, 1555, 1490, 1560, 1495), "C": (1595, 1550, 1605, 1510, 1560),
        "D": (1445, 1440, 1595, 1465, 1545), "E": (1595, 1630, 1515, 1635, 1625), "F": (1520, 1455, 1450, 1480, 1445),
    }  # fmt: skip
    rows = [(batch, value) for batch, values in batches.items() for value in values]
    path = write_table(tmp_path / "dyestuff.csv", "by", rows)
    _, gauge = analyse_table(path, tmp_path, "--nested", "b", "--method", "reml")
    assert round(gauge["b"]["standard_deviation"], 2) == 42.00
    assert round(gauge["repeatability"]["standard_deviation"], 2) == 49.51


def test_the_program_routes_a_table(tmp_path, capsys):
    words = ["--table", str(FOLDER / "AtmWtAg.csv"), "--value", "y", "--nested", "instrument", "--out", str(tmp_path)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "48 values of y, mean 107.8681451; nested: instrument; balanced" in printed and "15.94673357" in printed
    header = "source,df,sum_of_squares,mean_square,f,p,variance_component"
    assert (tmp_path / "anova.csv").read_text().splitlines()[0] == header
    assert read_numbers(tmp_path / "anova.csv")["residual"]["df"] == 46
