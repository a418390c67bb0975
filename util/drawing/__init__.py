"""Arrays as pictures, curves as SVG, the empty HTML page, and the groups of losses and images.

The pages themselves are in `monitor`, `page`, `compare` and `metrology`.
"""

from . import figure
from .figure import draw_numbered, new_figure, png, svg
from .loss_groups import image_rows, loss_groups
from .page_template import BASE_CSS, UPLOT_CSS, UPLOT_JS, empty_page, wide

__all__ = [
    "BASE_CSS",
    "UPLOT_CSS",
    "UPLOT_JS",
    "draw_numbered",
    "empty_page",
    "figure",
    "image_rows",
    "loss_groups",
    "new_figure",
    "png",
    "svg",
    "wide",
]
