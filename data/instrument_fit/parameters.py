"""The fitted parameters of an instrument: bounds, the step of a finite difference, and how a start differs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..simulator import Instrument


@dataclass(frozen=True)
class Parameter:
    """A parameter between `low` and `high`; it is fitted as its logarithm where `is_log`.

    `step` is that of a finite difference, and `width` that of a weak expectation around `start`, all three in the
    fitted scale except `start`. The expectation decides only what the images do not tell.
    """

    name: str
    start: float
    low: float
    high: float
    step: float
    width: float
    is_log: bool = False

    def scale(self, value: float) -> float:
        """A value in the fitted scale."""
        return float(np.log(value)) if self.is_log else value

    def unscale(self, value: float) -> float:
        """The value of one in the fitted scale."""
        return float(np.exp(value)) if self.is_log else float(value)


PARAMETERS = (
    Parameter("edge_depth_nm", 8.0, 0.5, 60.0, 1.0, 30.0),
    Parameter("edge_bloom", 1.0, 0.0, 8.0, 0.03, 3.0),
    Parameter("edge_decay_nm", 5.0, 0.8, 30.0, 0.03, 1.0, True),
    Parameter("edge_rounding_nm", 2.0, 0.1, 15.0, 0.05, 1.5, True),
    Parameter("tilt_exponent", 0.3, 0.0, 0.8, 0.02, 0.3),
    Parameter("tilt_cap", 1.8, 1.0, 2.2, 0.05, 0.2),
    Parameter("escape_gain", 1.5, 0.1, 10.0, 0.03, 1.0, True),
    Parameter("escape_exponent", 0.8, 0.1, 3.0, 0.03, 0.7, True),
    Parameter("backscatter", 0.03, 0.0, 0.6, 0.01, 0.2),
    Parameter("black_level", 0.02, 0.0, 0.6, 0.01, 0.1),
    Parameter("beam_sigma_px", 1.2, 0.2, 4.0, 0.03, 1.0, True),
    Parameter("blur_y_px", 0.4, 0.0, 3.0, 0.1, 1.0),
    Parameter("electrons", 400.0, 2.0, 1e5, 0.05, 3.0, True),
    Parameter("gamma", 1.0, 0.3, 3.0, 0.02, 0.5, True),
    Parameter("charging", 0.05, 0.0, 1.5, 0.03, 0.5),
    Parameter("charging_px", 6.0, 1.0, 30.0, 0.1, 0.7, True),
    Parameter("line_gain", 0.005, 0.0, 0.2, 0.002, 0.05),
    Parameter("line_jitter_px", 0.1, 0.0, 2.0, 0.03, 0.5),
)
LOW, HIGH = (np.array([p.scale(getattr(p, end)) for p in PARAMETERS]) for end in ("low", "high"))
STEP, WIDTH, START = np.array([(p.step, p.width, p.scale(p.start)) for p in PARAMETERS]).T
# A sharp image, one like the contest's, and a blurred one.
STARTS: tuple[dict[str, float], ...] = (
    {"beam_sigma_px": 0.7, "edge_rounding_nm": 0.5, "edge_depth_nm": 3.0},
    {},
    {"beam_sigma_px": 1.6, "edge_rounding_nm": 4.0, "edge_depth_nm": 12.0},
)


def start_vector(changes: dict[str, float]) -> NDArray[np.float64]:
    """Parameters in the fitted scale (P,): the start, changed."""
    return np.array([p.scale(changes.get(p.name, p.start)) for p in PARAMETERS])


def to_instrument(vector: NDArray, pixel_nm: float) -> Instrument:
    """The instrument of parameters in the fitted scale (P,), without stage jitter."""
    values = {p.name: p.unscale(value) for p, value in zip(PARAMETERS, vector, strict=True)}
    return replace(Instrument(pixel_nm=pixel_nm), **values)
