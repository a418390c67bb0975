"""docs/command_line.md describes what the parser does."""

from pathlib import Path

from benchmarks.docs_table import command_line_table
from data import DataOptions
from models import MODELS

ADVICE = "write it again: python benchmarks/docs_table.py > docs/command_line.md"
PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"


def page() -> str:
    """The page with the options as they are now."""
    return command_line_table(DataOptions, {name: model.Options for name, model in MODELS.items()})


def test_the_page_describes_what_the_parser_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), ADVICE
