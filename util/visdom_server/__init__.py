"""."""

from . import assets

__all__ = ["assets"]
