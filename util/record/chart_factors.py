"""Factors of control charts of normal values, by the number n of values of a point.

NIST/SEMATECH e-Handbook, 6.3.2.1 and 6.3.2.2; ISO 7870-2:2013. They hold from n = 2 on; ranges up to n = 10.
"""

import math

MAX_RANGE = 10  # values; the range of more of them wastes information, and their standard deviation is charted
D2 = (1.128379, 1.692569, 2.058751, 2.325929, 2.534413, 2.704357, 2.847201, 2.970026, 3.077505)  # n = 2 to 10
D3 = (0.852502, 0.888368, 0.879808, 0.864082, 0.848040, 0.833205, 0.819831, 0.807834, 0.797051)
MOVING_RANGE = 1.128  # d2 of two values, as the handbook rounds it in the limits of individual values


def range_mean(n: int) -> float:
    """d2: the mean range of n values over their sigma."""
    return D2[n - 2]


def range_sigma(n: int) -> float:
    """d3: the standard deviation of the range of n values over their sigma."""
    return D3[n - 2]


def deviation_mean(n: int) -> float:
    """c4: the mean standard deviation of n values (with n - 1 degrees of freedom) over their sigma."""
    return math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


def deviation_sigma(n: int) -> float:
    """The standard deviation of the standard deviation of n values over their sigma: sqrt(1 - c4^2)."""
    return math.sqrt(1 - deviation_mean(n) ** 2)
