"""An empty HTML page with the look that all pages share."""

from pathlib import Path

from dominate import document, tags
from dominate.util import raw

BASE_CSS = Path(__file__).with_name("base.css").read_text(encoding="utf-8")


def empty_page(title: str, css: str = BASE_CSS) -> document:
    """A page without content, which needs no other file and fits a phone."""
    page = document(title=title)
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width, initial-scale=1")
        tags.style(raw(css))
    return page
