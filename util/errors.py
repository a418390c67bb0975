"""The exception that this room raises for what the user can mend."""


class UtilError(ValueError):
    """One line: what is wrong, where, and what to do."""
