"""The parser of the command line of models.export: an error is one line, and names the nearest option."""

import argparse
import difflib
from typing import NoReturn


class ArgumentParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line; an unknown option is refused with the name of the nearest one."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message}\n")

    def refuse_unknown(self, argv: list[str]) -> None:
        """Ends the program for an option in `argv` that the parser does not know."""
        known = {name.lower(): name for name in self._option_string_actions}
        for flag in (word.partition("=")[0] for word in argv):
            if flag.startswith("-") and flag not in known.values():
                near = difflib.get_close_matches(flag.lower(), known, n=1)
                advice = f"did you mean {known[near[0]]}?" if near else "-h lists all"
                self.error(f"{flag}: unknown option; {advice}")
