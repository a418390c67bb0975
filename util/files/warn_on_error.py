"""What may fail without stopping a training: logs and pictures."""

from types import TracebackType

from tqdm import tqdm


class WarnOnError:
    """`with Tolerant("the page"):` an OSError within is one warning, the first time, and the program goes on."""

    def __init__(self, what: str) -> None:
        self.what, self.warned = what, False

    def __enter__(self) -> "WarnOnError":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(error, OSError):
            return False
        if not self.warned:
            where = f"{error.filename}: " if error.filename else ""
            tqdm.write(
                f"warning: {self.what} could not be written ({where}{error.strerror or error}); training goes on"
            )
        self.warned = True
        return True
