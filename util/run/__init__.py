"""."""

from . import checkpoint
from .device import choose_device, set_deterministic, tune_malloc, use_bf16
from .disk_space import require_disk_space, tensor_bytes
from .distributed import DistributedContext
from .epoch_log import EPOCH_COLUMNS, EpochLog
from .loss_log import LossLog
from .run_folder import RunFolder, scratch_folder
from .signals import StopRequest
from .training_state import TrainingProgress, restore_training, save_training
from .versions import versions

__all__ = [
    "EPOCH_COLUMNS",
    "DistributedContext",
    "EpochLog",
    "LossLog",
    "RunFolder",
    "StopRequest",
    "TrainingProgress",
    "checkpoint",
    "choose_device",
    "require_disk_space",
    "restore_training",
    "save_training",
    "scratch_folder",
    "set_deterministic",
    "tensor_bytes",
    "tune_malloc",
    "use_bf16",
    "versions",
]
