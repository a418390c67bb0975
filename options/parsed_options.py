"""The parsed options: frozen, one dataclass instance per group."""

from dataclasses import dataclass, replace
from typing import Any

from .display_options import DisplayOptions
from .inference_options import InferenceOptions
from .option import Option
from .report import format_report
from .run_options import RunOptions
from .training_options import TrainingOptions


@dataclass(frozen=True)
class Options:
    """All options of one command. `groups` holds the instances by the names run, loop, display, data, model, test.

    `typed` holds the names of the options that the command line or the config file gives, `given` also those of the
    run's opt.json. `notes` are remarks on options that are accepted without effect.
    """

    groups: dict[str, Any]
    declared: tuple[Option, ...]
    titles: dict[str, str]
    notes: tuple[str, ...] = ()
    typed: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()

    @property
    def run(self) -> RunOptions:
        """Name, folder, model and device of the run."""
        return self._group("run")

    @property
    def loop(self) -> TrainingOptions:
        """Options of the training loop; only train.py has them."""
        return self._group("loop")

    @property
    def display(self) -> DisplayOptions:
        """Live plots and pages; test.py accepts them without effect."""
        return self._group("display")

    @property
    def test(self) -> InferenceOptions:
        """Options of the prediction; only test.py has them."""
        return self._group("test")

    @property
    def data(self) -> Any:
        """The data options, an instance of the dataclass that the parser received."""
        return self._group("data")

    @property
    def model(self) -> Any:
        """The options of the chosen model, an instance of its dataclass."""
        return self._group("model")

    @property
    def note_lines(self) -> tuple[str, ...]:
        """The notes as printable lines, `note: ...`."""
        return tuple(f"note: {note}" for note in self.notes)

    @property
    def former_names(self) -> dict[str, str]:
        """The present names of options by their former ones."""
        return {option.former: option.name for option in self.declared if option.former}

    def with_test(self, **changes: Any) -> "Options":
        """The same with other values of some options of the prediction."""
        return replace(self, groups={**self.groups, "test": replace(self.test, **changes)})

    def watching(self) -> "Options":
        """The same where --watch is not given; else its folder is the data set."""
        if not self.test.watch:
            return self
        return replace(self, groups={**self.groups, "data": replace(self.data, dataroot=self.test.watch)})

    def with_model_defaults(self, defaults: dict[str, Any]) -> "Options":
        """The same with other values of those options of the model that it has and nobody gave."""
        names = {option.name for option in self.declared if option.group == "model"} - self.given
        changes = {name: value for name, value in defaults.items() if name in names}
        return replace(self, groups={**self.groups, "model": replace(self.model, **changes)})

    def value(self, option: Option) -> Any:
        """The value of one declared option."""
        return getattr(self.groups[option.group], option.name)

    def to_dict(self) -> dict[str, Any]:
        """Every option by name, JSON values only; `model` is the name of the model."""
        values = {option.name: self.value(option) for option in self.declared}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def changed(self) -> dict[str, tuple[Any, Any]]:
        """The options that differ from their defaults: name -> (value, default).

        --continue_train and --overwrite are not among them.
        """
        options = [option for option in self.declared if option.name not in ("continue_train", "overwrite")]
        pairs = {option.name: (self.value(option), option.default) for option in options}
        return {name: (value, default) for name, (value, default) in pairs.items() if value != default}

    def report(self) -> str:
        """All options in printable text, group by group; a changed option shows its default, too."""
        rows = [(option, self.value(option)) for option in self.declared]
        return format_report(rows, self.titles, self.note_lines)

    def _group(self, name: str) -> Any:
        if name not in self.groups:
            raise AttributeError(f"this program has no {name} options")
        return self.groups[name]
