"""Printing that cannot fail: a closed pipe or a full disk must not end a training before it is saved."""

import io
import os
import sys
from typing import Any


class SafeStream:
    """A text stream that discards its output after the first write error."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # characters that the terminal's encoding lacks

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._silence()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._silence()

    def _silence(self) -> None:
        # Redirects the file descriptor. Otherwise the buffered text would fail again when the program ends.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, self._stream.fileno())
        os.close(devnull)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def make_output_safe() -> None:
    """Makes stdout and stderr safe: printing never fails from now on, not even if the stream is already closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (stays open until the program ends)
        setattr(sys, name, SafeStream(stream))
