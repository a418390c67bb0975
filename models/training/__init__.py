"""Parts of a model's training: image pool, learning-rate schedule, validation metric of CycleGAN, layout of plots.

The losses are in models/losses.py, the training loop is in util/run/training_loop.py.
"""

from .image_pool import ImagePool
from .lr_schedule import lr_factor
from .plot_layout import PlotLayout
from .shape_distance import shape_distance

__all__ = ["ImagePool", "PlotLayout", "lr_factor", "shape_distance"]
