from . import checkpoint
from .device import choose_device, set_reproducible, tune_malloc
from .disk_space import require_disk_space
from .distributed import DistributedContext
from .epoch_log import EPOCH_COLUMNS, EpochLog, read_epochs
from .loss_log import LossLog, format_losses
from .program import name_problems, print_lines, run_program
from .run_folder import RunFolder, scratch_folder
from .run_start import (
    check_changes,
    continues,
    record_changes,
    require_learned,
    require_run,
    saved_options,
    test_command,
)
from .signals import StopRequest
from .training_images import training_images
from .training_loop import TrainingLoop
from .training_state import TrainingProgress, restore_training
from .versions import versions

__all__ = [
    "EPOCH_COLUMNS",
    "DistributedContext",
    "EpochLog",
    "LossLog",
    "RunFolder",
    "StopRequest",
    "TrainingLoop",
    "TrainingProgress",
    "check_changes",
    "checkpoint",
    "choose_device",
    "continues",
    "format_losses",
    "name_problems",
    "print_lines",
    "read_epochs",
    "record_changes",
    "require_disk_space",
    "require_learned",
    "require_run",
    "restore_training",
    "run_program",
    "saved_options",
    "scratch_folder",
    "set_reproducible",
    "test_command",
    "training_images",
    "tune_malloc",
    "versions",
]
