"""The readers of the headers, a file a maker: each turns what one maker writes into an ImageHeader.

Which reader is believed first is said in `READERS`. Nothing here opens an image or compares two answers.
"""

from .readers import READERS

__all__ = ["READERS"]
