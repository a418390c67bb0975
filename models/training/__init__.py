"""Parts of a model's training: image pool, learning-rate schedule, validation metric of CycleGAN, layout of plots.

The losses are in models/losses.py, the training loop is in train.py.
"""

from .image_pool import ImagePool
from .plot_layout import PlotLayout
from .shape_distance import shape_distance

__all__ = ["ImagePool", "PlotLayout", "shape_distance"]
