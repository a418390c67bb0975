"""The Western Electric rules: patterns of points that a process in control rarely shows.

Western Electric Company, Statistical Quality Control Handbook, 1956; NIST/SEMATECH e-Handbook, 6.3.2. In control, one
of the four is broken every 91.75 points on average, the first alone every 370.4 (Champ and Woodall, Technometrics 29
(1987) 393).
"""

import numpy as np
from numpy.typing import NDArray

RULES = {  # name: (points beyond, of the last ones, on one side of this many sigmas)
    "one point beyond 3 sigma": (1, 1, 3.0),
    "2 of 3 beyond 2 sigma": (2, 3, 2.0),
    "4 of 5 beyond 1 sigma": (4, 5, 1.0),
    "8 on one side": (8, 8, 0.0),
}


def broken_rules(deviation: NDArray) -> dict[str, NDArray[np.bool_]]:
    """Masks (..., N) of the points that complete the pattern of each rule.

    deviation : float (..., N), points in the order of time, minus the centre line, in units of their sigma. The point
    that completes a pattern is itself one of those beyond.
    """
    return {name: _complete(deviation, *rule) for name, rule in RULES.items()}


def _complete(deviation: NDArray, needed: int, last: int, limit: float) -> NDArray[np.bool_]:
    complete = np.zeros(deviation.shape, dtype=bool)
    for side in (1, -1):
        beyond = side * deviation > limit
        count = beyond.cumsum(axis=-1)
        count[..., last:] -= count[..., :-last].copy()
        complete |= beyond & (count >= needed)
    return complete
