"""SIGINT, SIGTERM and SIGHUP as a flag that the loop reads between two steps, so that nothing is cut in half."""

import signal
from types import FrameType


class StopRequest:
    """`with StopRequest() as stop:` — `stop.signum` is 0 until a signal came. A second one ends the program at once.

    Until `ready` is set there is nothing to save, and the first signal leaves at once, too, as SystemExit.
    """

    def __init__(self) -> None:
        self.signum = 0
        self.ready = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(signum) is not signal.SIG_IGN:  # nohup
                self._before[signum] = signal.signal(signum, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)  # type: ignore[arg-type]

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells report it: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.signum

    def _note(self, signum: int, _: FrameType | None) -> None:
        self.signum = signum
        signal.signal(signum, signal.SIG_DFL)
        if not self.ready:
            raise SystemExit(self.exit_code)
