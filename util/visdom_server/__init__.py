"""The command `python -m util.visdom_server`: a visdom server on this machine, and the files of its page.

The plots that a training sends to it are in `monitor`.
"""

from . import assets

__all__ = ["assets"]
