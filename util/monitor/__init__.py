"""."""

from .live_plots import TIMEOUT, connect
from .trackers import require_trackers
from .training_monitor import TrainingMonitor

__all__ = ["TIMEOUT", "TrainingMonitor", "connect", "require_trackers"]
