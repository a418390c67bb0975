"""Text in CSV cells that no spreadsheet takes for a formula."""

FORMULA = tuple("=+-@\t\r")  # what formulas begin with


def escape_formula(name: str) -> str:
    """A name as a cell that no spreadsheet takes for a formula: `=1+1` becomes `'=1+1`, which they show as text."""
    return f"'{name}" if name[:1] in FORMULA else name


def unescape_formula(cell: str) -> str:
    """The name that `escape_formula` made a cell of."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell
