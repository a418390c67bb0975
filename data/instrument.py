"""An instrument as explicit parameters: how a geometry becomes a secondary-electron image.

`SIMULATION` and `REAL` describe the two renderings of the contest's data: the same electron physics at another dose,
with blur along y and stage jitter in the real images. Another instrument is a JSON file of the same keys.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError


@dataclass(frozen=True)
class Instrument:
    """Rendering parameters. Signals are relative to the flat top surface, whose clean signal is 1."""

    pixel_nm: float = 2.08  # [nm] width of a pixel
    edge_depth_nm: float = 11.8  # [nm] what lies less deep counts as top surface: the corner's rounded part
    edge_bloom: float = 1.68  # [1] extra emission of the top surface next to an edge, before rounding
    edge_decay_nm: float = 4.64  # [nm] over which the bloom decays away from the edge
    edge_rounding_nm: float = 4.18  # [nm] over which the rounded corner lets it rise
    tilt_exponent: float = 0.12  # [1] n in the yield of a tilted surface, sec(theta)^n
    tilt_cap: float = 1.8  # [1] largest yield of a tilted surface
    escape_gain: float = 1.49  # [1] gain of the electrons that leave the hole: walls re-emit
    escape_exponent: float = 0.9  # [1] g in V^g, V the visible fraction of the opening
    backscatter: float = 0.015  # [1] signal that does not depend on how visible the opening is
    beam_sigma_px: float = 1.33  # [px] Gaussian beam
    blur_y_px: float = 0.0  # [px] further Gaussian blur along y (vibration, slow scan)
    electrons: float = 145.0  # [1] detected electrons a pixel on the flat top surface, all frames together
    bunching: float = 1.0  # [1] variance / mean of the electron count; 1 is Poisson
    black_level: float = 0.0  # [1] signal that is read where no electron arrives
    jitter_x_px: float = 0.0  # [px] largest offset of the stage against the depth map; all up to it are as likely
    jitter_y_px: float = 0.0  # [px]

    def to_dict(self) -> dict[str, float]:
        """The parameters by name, as a JSON file holds them."""
        return dataclasses.asdict(self)

    def to_json(self, path: Path) -> None:
        """Writes the parameters to a file that `from_json` and --real_instrument read."""
        path.write_text(json.dumps(self.to_dict(), indent=1) + "\n")

    @classmethod
    def from_json(cls, path: Path) -> "Instrument":
        """An instrument out of a JSON object; a missing key keeps its default, an unknown one is an error."""
        try:
            values = json.loads(path.read_text())
        except FileNotFoundError:
            raise DataError(f"{path}: no such file") from None
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise DataError(f"{path}: not readable as JSON ({error})") from None
        known = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(values, dict):
            raise DataError(f"{path}: expected an object of parameters; known: {', '.join(known)}")
        for name, value in values.items():
            if name not in known:
                raise DataError(f"{path}: unknown parameter {name!r}; known: {', '.join(known)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
                raise DataError(f"{path}: {name} is {value!r}; expected a number from 0 to 1e6")
        for name in ("pixel_nm", "edge_decay_nm", "edge_rounding_nm", "electrons", "bunching"):
            if values.get(name) == 0:
                raise DataError(f"{path}: {name} must be above 0")
        return cls(**values)


SIMULATION = Instrument()
REAL = dataclasses.replace(SIMULATION, electrons=950.0, blur_y_px=0.6, jitter_x_px=1.0, jitter_y_px=0.7)
