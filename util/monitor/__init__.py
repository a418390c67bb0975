"""What a user sees of a running training: alarms, its page, live plots in visdom, TensorBoard and W&B.

The logs themselves are in `run`; which losses and images belong together is declared by the model.
"""

from .display_check import check_display
from .live_plots import TIMEOUT, connect
from .training_monitor import TrainingMonitor
from .visdom_address import VisdomAddress

__all__ = ["TIMEOUT", "TrainingMonitor", "VisdomAddress", "check_display", "connect"]
