"""The exception of this package: a mistake that the user can fix."""


class OptionsError(ValueError):
    """One line: what was typed, what is wrong with it, and what to do."""
