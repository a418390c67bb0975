"""What the analysis of a table refuses: one line that names the place, exit status 2, and no file."""

import pytest

from tests.util.anova.studies import analyse_table, write_table
from util.metrology.__main__ import main

GOOD = [(a, b, 10 * a + b + n) for a in range(3) for b in range(2) for n in (0, 1.5)]


def refuse(tmp_path, capsys, *words):
    """The line that the command prints on a table `t.csv`."""
    out = tmp_path / "out"
    assert main(["--table", str(tmp_path / "t.csv"), "--out", str(out), *words]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and message.startswith("util.metrology: ") and not out.exists()
    return message


@pytest.mark.parametrize(
    ("rows", "words", "parts"),
    [
        (GOOD, ["--value", "z", "--nested", "a"], ["no column 'z'", "a, b, y"]),
        (GOOD, ["--value", "y", "--nested", "a,c"], ["no column 'c'", "a, b, y"]),
        (GOOD, ["--value", "y", "--nested", "a,a"], ["--nested a,a", "column a is named twice"]),
        (GOOD, ["--value", "y", "--crossed", "a,y"], ["--crossed a,y", "column y is named twice"]),
        (GOOD, ["--value", "y", "--crossed", "a"], ["--crossed a", "PART,OPERATOR"]),
        ([], ["--value", "y", "--nested", "a"], ["holds no observation"]),
        ([*GOOD, (0, 1)], ["--value", "y", "--nested", "a"], ["row 14 has 2 cells, the header 3"]),
        ([*GOOD, (0, 1, "high")], ["--value", "y", "--nested", "a"], ["row 14, column y", "'high'"]),
        ([*GOOD, (0, 1, "nan")], ["--value", "y", "--nested", "a"], ["row 14, column y", "'nan'"]),
        ([*GOOD, (0, 1, "1e999999999")], ["--value", "y", "--nested", "a"], ["row 14, column y", "'1e999999999'"]),
        ([*GOOD, (0, 1, " ")], ["--value", "y", "--nested", "a"], ["row 14, column y", "empty"]),
        ([*GOOD, ("", 1, 3)], ["--value", "y", "--nested", "a"], ["row 14, column a", "empty"]),
        ([(1, b, y) for _, b, y in GOOD], ["--value", "y", "--nested", "a"], ["column a has one level only, '1'"]),
        ([(a, a, y) for a, _, y in GOOD], ["--value", "y", "--nested", "a,b"], ["b has one level only in every", "a"]),
        (GOOD[::2], ["--value", "y", "--nested", "a,b"], ["every level of b holds one observation"]),
        (GOOD[::2], ["--value", "y", "--crossed", "a,b"], ["one observation for each a and b", "measure again"]),
        ([(a, a, y) for a, _, y in GOOD], ["--value", "y", "--crossed", "a,b"], ["do not meet", "--nested"]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_a_bad_table_is_refused_in_one_line(tmp_path, capsys, rows, words, parts):
    write_table(tmp_path / "t.csv", "aby", rows)
    message = refuse(tmp_path, capsys, *words)
    assert all(part in message for part in parts), message


def test_a_missing_file_and_a_column_that_is_there_twice(tmp_path, capsys):
    assert "t.csv: cannot be read (No such file" in refuse(tmp_path, capsys, "--value", "y", "--nested", "a")
    write_table(tmp_path / "t.csv", ("a", "y", "y"), [(1, 2, 3), (2, 3, 4)])
    assert "more than one column 'y'" in refuse(tmp_path, capsys, "--value", "y", "--nested", "a")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--nested", "a"], "--value"),
        (["--value", "y"], "--nested"),
        (["--value", "y", "--nested", "a", "--crossed", "a,b"], "not allowed with"),
        (["--value", "y", "--nested", "a,"], "'a,' must be names of columns"),
        (["--value", "y", "--nested", "a", "--tolerance_nm", "0"], "'0' must be a number above 0"),
        (["--value", "y", "--nested", "a", "--methods", "reml"], "did you mean --method?"),
    ],
)
def test_usage_errors_are_one_line(tmp_path, capsys, words, part):
    with pytest.raises(SystemExit) as end:
        main(["--table", str(tmp_path / "t.csv"), "--out", str(tmp_path / "out"), *words])
    message = capsys.readouterr().err
    assert end.value.code == 2 and message.count("\n") == 1 and part in message


def test_a_search_that_would_take_long_is_refused(tmp_path, capsys):
    rows = [(p, o, p + o + n) for p in range(200) for o in range(2) for n in range(2)]
    write_table(tmp_path / "t.csv", "aby", rows)
    assert "602 effects" in refuse(tmp_path, capsys, "--value", "y", "--crossed", "a,b", "--method", "reml")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_machine(tmp_path, capsys):
    path = write_table(tmp_path / "t.csv", "aby", GOOD)
    (tmp_path / "out").write_text("a file")
    words = ["--table", str(path), "--value", "y", "--nested", "a", "--out", str(tmp_path / "out")]
    assert main(words) == 1 and "out: File exists" in capsys.readouterr().err


def test_a_table_as_a_spreadsheet_saves_it(tmp_path):
    """Semicolons, decimal commas, blanks, a byte order mark; text that a spreadsheet would execute names a level."""
    rows = [(a, b, str(y).replace(".", ",")) for a, b, y in GOOD]
    text = "\n".join("; ".join(map(str, row)) for row in [("=a", "b", "y"), *rows])
    (tmp_path / "t.csv").write_text(f"{text}\n", encoding="utf-8-sig")
    analyse_table(write_table(tmp_path / "plain.csv", ("=a", "b", "y"), GOOD), tmp_path / "1", "--nested", "=a,b")
    analyse_table(tmp_path / "t.csv", tmp_path / "2", "--nested", "=a,b")
    plain, other = ((tmp_path / name / "anova.csv").read_text() for name in "12")
    assert plain == other and plain.splitlines()[1] == "'=a,2,800,400,400,0.000228353968852321,99.75"


def test_values_that_are_all_equal_have_no_f(tmp_path, capsys):
    path = write_table(tmp_path / "t.csv", "aby", [(a, b, "0.1") for a, b, _ in GOOD])
    words = ["--value", "y", "--nested", "a,b", "--out", str(tmp_path), "--tolerance", "1"]
    assert main(["--table", str(path), *words]) == 0
    assert "no F where" in capsys.readouterr().out
    assert (tmp_path / "anova.csv").read_text().splitlines()[1:] == ["a,2,0,0,,,0", "b,3,0,0,,,0", "residual,6,0,0,,,0"]
    assert (tmp_path / "gauge.csv").read_text().splitlines()[1] == "repeatability,0,0,,,0"
    assert "residual is 0" in refuse(tmp_path, capsys, "--value", "y", "--nested", "a,b", "--method", "reml")


def test_repeats_without_any_difference_have_no_f_against_them(tmp_path, capsys):
    path = write_table(tmp_path / "t.csv", "aby", [(a, b, f"{107.868 + a}{b}") for a, b, _ in GOOD])
    table, gauge = analyse_table(path, tmp_path, "--crossed", "a,b")
    assert table["residual"]["sum_of_squares"] == 0 and gauge["repeatability"]["standard_deviation"] == 0
    assert "no F where" in capsys.readouterr().out
