"""The exception that this room raises for what the user can mend."""


class OptionsError(ValueError):
    """One line: what was typed, what is wrong with it, and what to do."""
