"""What a user sees of a running training: alarms, its page, live plots in visdom, TensorBoard and W&B.

The logs themselves are in `run`; which losses and images belong together is declared by the model.
"""

from .live_plots import TIMEOUT, connect
from .trackers import require_trackers
from .training_monitor import TrainingMonitor

__all__ = ["TIMEOUT", "TrainingMonitor", "connect", "require_trackers"]
