"""An empty HTML page with the style sheet of all pages."""

from pathlib import Path

from dominate import document, tags
from dominate.util import raw

BASE_CSS = Path(__file__).with_name("base.css").read_text(encoding="utf-8")
UPLOT_JS, UPLOT_CSS = (Path(__file__).with_name(f"uplot.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))


def empty_page(title: str, css: str = BASE_CSS) -> document:
    """A page without content; it needs no other file, and adapts to small screens."""
    page = document(title=title)
    page.set_attribute("lang", "en")
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width, initial-scale=1")
        tags.style(raw(css))
    return page


def wide(label: str) -> tags.div:
    """What is in it scrolls sideways, also by keys, where the window is narrower; `label` says what it is."""
    return tags.div(cls="wide", tabindex="0", role="region", aria_label=label)
