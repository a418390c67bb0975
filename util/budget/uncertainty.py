"""One input of a budget: its distribution, and the standard uncertainty and the random draws that follow from it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIVISORS = {"normal": 1.0, "rectangular": 3**0.5, "triangular": 6**0.5, "arcsine": 2**0.5}  # GUM 4.3 and 4.4


@dataclass(frozen=True)
class Uncertainty:
    """What is known of one input. `value`: of a normal distribution its standard uncertainty, of the others half of
    their full width. `dof`: degrees of freedom, infinite where the value itself is certain. `kind`: evaluated from
    observations, A, or otherwise, B. `source`: who says so.
    """

    value: float
    distribution: str = "normal"
    dof: float = math.inf
    kind: str = "B"
    source: str = ""

    @property
    def standard(self) -> float:
        """The standard uncertainty: value / 1, sqrt(3), sqrt(6) or sqrt(2) (GUM 4.3.7, 4.3.9, H.1)."""
        return self.value / DIVISORS[self.distribution]

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Random errors (count,) of this input (JCGM 101:2008, 6.4). Normal ones of few degrees of freedom follow
        Student's t, scaled by the standard uncertainty (6.4.9)."""
        if self.distribution == "rectangular":
            return rng.uniform(-self.value, self.value, count)
        if self.distribution == "triangular":
            return self.value * (rng.uniform(0, 1, count) - rng.uniform(0, 1, count))
        if self.distribution == "arcsine":
            return self.value * np.sin(rng.uniform(-np.pi / 2, np.pi / 2, count))
        shape = rng.standard_normal(count) if math.isinf(self.dof) else rng.standard_t(self.dof, count)
        return self.value * shape
