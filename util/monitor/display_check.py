"""Checks the display options before a training."""

from typing import Any

from .trackers import require_trackers
from .visdom_address import VisdomAddress


def check_display(options: Any) -> None:
    """Raises UtilError where a program of --track is missing, or the address of the live plots is none."""
    require_trackers(options.track)
    if options.display_id > 0:
        VisdomAddress.parse(options.display_server, options.display_port)
