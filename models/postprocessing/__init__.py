"""."""

from .background_snapping import snap_background
from .recentring import recentre
from .tiling import predict_tiled

__all__ = ["predict_tiled", "recentre", "snap_background"]
