"""The page of a test: its images, one row each, as a table, and one hole with its maps, profile cuts and surface.

Other packages use `results_page`: `write` makes one HTML file of the results that a selection kept; and, for their own
pages, charts and the plain names of columns.

Not here: scores (`..scoring`), measurements (`..metrology`), and the pages of a training (`..monitor`).
"""

from . import results_page
from .chart import Chart, ChartLine, add_chart_scripts, add_charts
from .column_label import column_head, column_label, column_scale
from .quantity_labels import with_two_digits

__all__ = [
    "Chart",
    "ChartLine",
    "add_chart_scripts",
    "add_charts",
    "column_head",
    "column_label",
    "column_scale",
    "results_page",
    "with_two_digits",
]
