from .fitting_flags import describe_mismatch, suggest_flags
from .initial_weights import initialise_from
from .source import find_source

__all__ = ["describe_mismatch", "find_source", "initialise_from", "suggest_flags"]
