"""."""

from .image_pool import ImagePool
from .plot_layout import PlotLayout
from .shape_distance import shape_distance

__all__ = ["ImagePool", "PlotLayout", "shape_distance"]
