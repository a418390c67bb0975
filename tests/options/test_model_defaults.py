"""A model may have defaults of its own for options of the loop; what is typed wins."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from data import DataOptions
from options import parse_train


@dataclass(frozen=True)
class Quick:
    """quick: done soon"""

    DEFAULTS: ClassVar[dict[str, Any]] = {"n_epochs": 3, "batch_size": 16}
    lr: float = field(default=0.1, metadata={"help": "learning rate"})


@dataclass(frozen=True)
class Slow:
    """slow: as all others"""

    lr: float = field(default=0.1, metadata={"help": "learning rate"})


MODELS = {"slow": Slow, "quick": Quick}


def loop(*words):
    return parse_train(list(words), DataOptions, MODELS).loop


def test_the_models_own_defaults_hold_for_that_model_alone():
    assert (loop("--model", "quick").n_epochs, loop("--model", "quick").batch_size) == (3, 16)
    assert (loop("--model", "slow").n_epochs, loop("--model", "slow").batch_size) == (100, 1)


def test_what_is_typed_wins_over_them():
    assert loop("--model", "quick", "--niter", "7").n_epochs == 7


def test_they_are_no_changes():
    changed = parse_train(["--model", "quick", "--lr", "0.2"], DataOptions, MODELS).changed()
    assert "n_epochs" not in str(changed) and "lr" in str(changed)
