"""Maps as text inside a page, which its script unpacks (maps.js)."""

import base64
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FULL = {"SEM": 1.0, "hole": 1.0, "true_hole": 1.0}  # steps of the layers that are no lengths


def pack(layers: Mapping[str, NDArray], step: float) -> str:
    """The layers (H, W), one after the other, as int16 in steps of `step` [nm], as base85 with "," instead of "<".

    Each number is its difference from the plane through its three neighbours above and to the left, zigzag-coded; all
    low bytes come before all high ones. Maps are smooth, so zlib packs this to half the size of the numbers themselves.
    """
    limits = np.iinfo(np.int16)
    rest = []
    for name, values in layers.items():
        numbers = np.rint(values / FULL.get(name, step)).clip(limits.min, limits.max).astype(np.int16)
        down = np.diff(numbers, axis=0, prepend=np.int16(0))  # modulo 2^16
        rest.append(np.diff(down, axis=1, prepend=np.int16(0)).ravel())
    difference = np.concatenate(rest)
    zigzag = ((difference << 1) ^ (difference >> 15)).astype("<u2")
    planes = zigzag.view(np.uint8).reshape(-1, 2).T.tobytes()
    return base64.b85encode(zlib.compress(planes, 9)).decode().replace("<", ",")
