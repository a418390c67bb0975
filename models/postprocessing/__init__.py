"""Post-processing of predicted depth maps: background snapping, recentring, and tiles of large images.

The networks, and reading or writing of images, are elsewhere.
"""

from .background_snapping import snap_background
from .recentring import recentre
from .tiling import predict_tiled

__all__ = ["predict_tiled", "recentre", "snap_background"]
