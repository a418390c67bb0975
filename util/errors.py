"""The exceptions that this room raises for what the user can mend."""


class UtilError(ValueError):
    """One line: what is wrong, where, and what to do."""


class RunError(UtilError):
    """What went wrong in the middle of a run, through nothing that was typed: the exit status is 1, not 2."""
