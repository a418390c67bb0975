"""CSV cells whose text no spreadsheet executes as a formula."""

FORMULA_STARTS = tuple("=+-@\t\r")  # first characters of a formula


def escape_formula(name: str) -> str:
    """A name as a cell that no spreadsheet executes: `=1+1` becomes `'=1+1`, which is shown as text."""
    return f"'{name}" if name[:1] in FORMULA_STARTS else name


def unescape_formula(cell: str) -> str:
    """The name that `escape_formula` turned into this cell."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell


def row_id(*names: str) -> str:
    """The names of a row as one cell, `site/image`. It is text to every reader, also where each name is a number: 0001
    becomes `/0001`, and stays that."""
    return escape_formula("/".join(names if len(names) > 1 else ("", *names)))
