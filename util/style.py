"""The look of the pages, and the script of a test's."""

from pathlib import Path

PARTS = Path(__file__).with_name("page")
CSS = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
RESULTS_CSS = "".join((PARTS / f"{name}.css").read_text(encoding="utf-8") for name in ("holes", "detail"))
SCRIPTS = ("table", "maps", "cuts", "surface", "detail")
RESULTS_SCRIPT = "{\n" + "".join((PARTS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS) + "}"
