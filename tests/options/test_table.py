"""docs/command_line.md says what the parser does. After a change: python -m tests.options.test_table"""

from pathlib import Path

from data.data_options import DataOptions
from models import MODELS
from options import command_line_table

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"


def page() -> str:
    """The page as the options stand now."""
    return command_line_table(DataOptions, {name: system.Options for name, system in MODELS.items()})


def test_the_page_says_what_the_parser_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "renew it: python -m tests.options.test_table"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
