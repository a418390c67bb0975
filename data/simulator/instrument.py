"""The parameters of an instrument: how a geometry becomes a secondary-electron image.

`SIMULATION` and `REAL` describe the two renderings of the contest's data. Both have the same electron physics; the real
images have another dose, blur along y and stage jitter. Another instrument is a JSON file with the same keys.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from .parameter_file import read_parameters, write_parameters


@dataclass(frozen=True)
class Instrument:
    """Rendering parameters. Signals are relative to the flat top surface, whose clean signal is 1."""

    pixel_nm: float = 2.08  # [nm] pixel size
    edge_depth_nm: float = 11.8  # [nm] smaller depths count as top surface: the rounded corner
    edge_bloom: float = 1.68  # [1] extra emission of the top surface next to an edge, before rounding
    edge_decay_nm: float = 4.64  # [nm] decay length of the bloom away from the edge
    edge_rounding_nm: float = 4.18  # [nm] length over which the bloom rises at the rounded corner
    tilt_exponent: float = 0.12  # [1] n in the yield of a tilted surface, sec(theta)^n
    tilt_cap: float = 1.8  # [1] largest yield of a tilted surface
    escape_gain: float = 1.49  # [1] gain of the electrons that leave the hole: walls re-emit them
    escape_exponent: float = 0.9  # [1] g in V^g, V the visible fraction of the opening
    backscatter: float = 0.015  # [1] signal that does not depend on the visible fraction
    beam_sigma_px: float = 1.33  # [px] Gaussian beam
    blur_y_px: float = 0.0  # [px] further Gaussian blur along y (vibration, slow scan)
    electrons: float = 145.0  # [1] detected electrons a pixel on the flat top surface, all frames together
    bunching: float = 1.0  # [1] variance / mean of the electron count; 1 is Poisson
    black_level: float = 0.0  # [1] signal where no electron arrives
    jitter_x_px: float = 0.0  # [px] maximum stage offset against the depth map; uniform
    jitter_y_px: float = 0.0  # [px]
    charging: float = 0.0  # [1] fraction of the excess signal that becomes a dark tail along the scan, +x
    charging_px: float = 8.0  # [px] decay length of that tail
    line_gain: float = 0.0  # [1] standard deviation of the gain from scan line to scan line
    line_jitter_px: float = 0.0  # [px] standard deviation of a scan line's offset along x
    gamma: float = 1.0  # [1] exponent of the gain curve from signal to grey, both relative to their maximum

    def to_dict(self) -> dict[str, float]:
        """The parameters by name, as a JSON file holds them."""
        return dataclasses.asdict(self)

    def to_json(self, path: Path) -> None:
        """Writes the parameters to a JSON file that `from_json` and --real_instrument read."""
        write_parameters(path, self)

    @classmethod
    def from_json(cls, path: Path) -> "Instrument":
        """An instrument from a JSON file; a missing key keeps its default. DataError for an unknown key."""
        return read_parameters(path, cls, POSITIVE)


POSITIVE = ("pixel_nm", "edge_decay_nm", "edge_rounding_nm", "electrons", "bunching", "charging_px", "gamma")
SIMULATION = Instrument()
REAL = dataclasses.replace(SIMULATION, electrons=950.0, blur_y_px=0.6, jitter_x_px=1.0, jitter_y_px=0.7)
