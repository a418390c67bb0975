"""Parts of a model's training: capture of a step on a GPU, optimisers, precision, image pool, learning-rate schedule,
validation metric of CycleGAN, layout of plots.

The losses are in models/losses.py, the training loop is in util/run/training_loop.py.
"""

from .image_pool import ImagePool
from .lr_schedule import lr_factor
from .optimiser import adam_options, load_optimiser, set_lr
from .plot_layout import PlotLayout
from .precision import use_bf16
from .shape_distance import shape_distance
from .step_capture import WARM_UP, Step, StepCapture, StepOutput

__all__ = [
    "WARM_UP",
    "ImagePool",
    "PlotLayout",
    "Step",
    "StepCapture",
    "StepOutput",
    "adam_options",
    "load_optimiser",
    "lr_factor",
    "set_lr",
    "shape_distance",
    "use_bf16",
]
