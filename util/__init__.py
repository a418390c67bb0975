"""What is shown, measured or kept: metrics, pages, pictures, the run folder, checkpoint files and the loss log."""

from .errors import RunError, UtilError

__all__ = ["RunError", "UtilError"]
