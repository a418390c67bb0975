"""The exception that this package raises for errors that the user can fix."""


class ModelError(ValueError):
    """One line: what is wrong, where, and what to do."""
