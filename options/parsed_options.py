"""The parsed options: frozen, one dataclass instance a group."""

from dataclasses import dataclass
from typing import Any

from .display_options import DisplayOptions
from .inference_options import InferenceOptions
from .option import Option
from .report import report
from .run_options import RunOptions
from .training_options import TrainingOptions


@dataclass(frozen=True)
class Options:
    """What the user asked for. `groups` holds the instances by the names run, loop, display, data, model, test."""

    groups: dict[str, Any]
    declared: tuple[Option, ...]
    titles: dict[str, str]
    notes: tuple[str, ...] = ()

    @property
    def run(self) -> RunOptions:
        """Name, place, model and device of the run."""
        return self._group("run")

    @property
    def loop(self) -> TrainingOptions:
        """The training loop's options; train.py alone has them."""
        return self._group("loop")

    @property
    def display(self) -> DisplayOptions:
        """Live plots and pages."""
        return self._group("display")

    @property
    def test(self) -> InferenceOptions:
        """Prediction's options; test.py alone has them."""
        return self._group("test")

    @property
    def data(self) -> Any:
        """The data options, an instance of the dataclass that the parser was given."""
        return self._group("data")

    @property
    def model(self) -> Any:
        """The chosen model's options, an instance of its dataclass."""
        return self._group("model")

    def value(self, option: Option) -> Any:
        """The value of one declared option."""
        return getattr(self.groups[option.group], option.name)

    def to_dict(self) -> dict[str, Any]:
        """Every option by name, JSON values only; `model` is the model's name."""
        values = {option.name: self.value(option) for option in self.declared}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def changed(self) -> dict[str, tuple[Any, Any]]:
        """The options that differ from their defaults: name -> (value, default); but for --continue_train."""
        told = [option for option in self.declared if option.name not in ("continue_train", "overwrite")]
        pairs = {option.name: (self.value(option), option.default) for option in told}
        return {name: (value, default) for name, (value, default) in pairs.items() if value != default}

    def report(self) -> str:
        """All options in printable text, group by group, the changed ones beside their defaults."""
        rows = [(option, self.value(option)) for option in self.declared]
        return report(rows, self.titles, self.notes)

    def _group(self, name: str) -> Any:
        if name not in self.groups:
            raise AttributeError(f"this program has no {name} options")
        return self.groups[name]
