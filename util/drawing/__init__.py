"""."""

from . import figure
from .figure import numbered, png, svg
from .loss_groups import image_rows, loss_groups
from .page_template import BASE_CSS, empty_page

__all__ = ["BASE_CSS", "empty_page", "figure", "image_rows", "loss_groups", "numbered", "png", "svg"]
