"""The page of a test: `results_page.write` makes one HTML file of the results that a selection kept.

Not here: scores (`..scoring`), measurements (`..metrology`), and the pages of a training (`..monitor`).
"""

from . import results_page

__all__ = ["results_page"]
