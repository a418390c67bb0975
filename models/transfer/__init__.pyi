from .fitting_flags import describe_mismatch, suggest_flags
from .initial_weights import initialise_from
from .saved_epochs import suggest_epoch
from .source import find_source

__all__ = ["describe_mismatch", "find_source", "initialise_from", "suggest_epoch", "suggest_flags"]
