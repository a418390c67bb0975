"""The look of the pages, and the few lines of script that sort and filter."""

from pathlib import Path

CSS = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
SORT_AND_FILTER = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
