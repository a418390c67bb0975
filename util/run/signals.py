"""Turns SIGINT, SIGTERM and SIGHUP into a flag, which the loop reads between two steps: no step is interrupted."""

import signal
from types import FrameType


class StopRequest:
    """`with StopRequest() as stop:` `stop.signum` is 0 until a signal comes. A second signal ends the program at once.

    Before `ready` is set, nothing can be saved: the first signal already raises SystemExit.
    """

    def __init__(self) -> None:
        self.signum = 0
        self.ready = False
        self._old_handlers: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(signum) is not signal.SIG_IGN:  # nohup ignores SIGHUP; keep that
                self._old_handlers[signum] = signal.signal(signum, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._old_handlers.items():
            signal.signal(signum, handler)  # type: ignore[arg-type]

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells report it: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.signum

    def _handle(self, signum: int, _: FrameType | None) -> None:
        self.signum = signum
        signal.signal(signum, signal.SIG_DFL)
        if not self.ready:
            raise SystemExit(self.exit_code)
