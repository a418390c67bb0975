"""Reads numbers and blocks of bytes one after another from the content of a file."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .header_checks import DAMAGED, ContentError


class ByteReader:
    """The bytes of a file, uint8 (N,), and the `place` of the next one to read."""

    def __init__(self, content: NDArray[np.uint8], place: int) -> None:
        self.content, self.place = content, place

    def _number(self, number_format: str) -> Any:
        (value,) = struct.unpack_from(number_format, self.content.data, self.place)
        self.place += struct.calcsize(number_format)
        return value

    def _take(self, n_bytes: int) -> NDArray[np.uint8]:
        """The next `n_bytes`; raises ContentError if the file ends before."""
        start = self.place
        if start + n_bytes > len(self.content):
            raise ContentError(DAMAGED)
        self.place += n_bytes
        return self.content[start : self.place]
