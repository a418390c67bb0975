"""The exceptions of this package, for errors that the user can fix."""


class UtilError(ValueError):
    """One line: what is wrong, where, and what to do."""


class RunError(UtilError):
    """An error in the middle of a run that no option caused: the exit status is 1, not 2."""
