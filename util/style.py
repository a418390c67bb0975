"""The look of the pages, and the script of a test's."""

from pathlib import Path

from dominate import document, tags
from dominate.util import raw

PARTS = Path(__file__).with_name("page")
CSS = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
RESULTS_CSS = "".join((PARTS / f"{name}.css").read_text(encoding="utf-8") for name in ("holes", "detail"))
SCRIPTS = ("table", "maps", "cuts", "surface", "detail")
RESULTS_SCRIPT = "{\n" + "".join((PARTS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS) + "}"


def empty_page(title: str, css: str = CSS) -> document:
    """A page without content, which needs no other file and fits a phone."""
    page = document(title=title)
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width, initial-scale=1")
        tags.style(raw(css))
    return page
