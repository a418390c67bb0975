"""What is shown, measured or saved: metrics, pages, pictures, the run folder, checkpoints and logs.

Models, data sets and options live in packages of their own, which nothing here imports.
"""

from .errors import RunError, UtilError

__all__ = ["RunError", "UtilError"]
