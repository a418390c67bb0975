"""Turns write errors of logs and pictures into warnings, so that they do not stop a training."""

from types import TracebackType

from tqdm import tqdm


class WarnOnError:
    """`with WarnOnError("the page"):` the first OSError inside prints a warning, and the program always continues."""

    def __init__(self, subject: str) -> None:
        self.subject, self.warned = subject, False

    def __enter__(self) -> "WarnOnError":
        return self

    def __exit__(self, error_type: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(error, OSError):
            return False
        if not self.warned:
            path = f"{error.filename}: " if error.filename else ""
            tqdm.write(
                f"warning: {self.subject} could not be written ({path}{error.strerror or error}); training continues"
            )
        self.warned = True
        return True
