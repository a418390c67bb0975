"""Signs that a training goes wrong, one line each, with what to try."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECENT = 10  # lines of the loss log that are looked at
BEATEN = 0.005  # LSGAN loss of a discriminator that is never wrong; 0.25 is one that cannot tell
FLAT = 1.0  # [grey level] standard deviation of an image that shows nothing
STILL = 1e-4  # relative change of losses that do not move
INVERTED = -0.3  # correlation of an image with its translation: both are dark where the hole is deep


def alarms(losses: Mapping[str, Sequence[float]], images: Mapping[str, NDArray], layout: Any) -> dict[str, str]:
    """What is wrong, and what to try: from the loss log (columns by name) and the last images (H, W) [grey level].

    `layout` is the model's plot layout, which names its discriminators' losses and its translations.
    """
    recent = {name: np.array(values[-RECENT:]) for name, values in list(losses.items())[3:]}
    found = {}
    full = bool(recent) and all(len(values) == RECENT for values in recent.values())
    for name, values in recent.items():
        if not np.isfinite(values).all():
            found[f"{name} is not a number"] = "go back to an earlier epoch and lower --lr"
        elif full and name in layout.discriminator_losses and values.max() < BEATEN:
            found[f"{name} is at zero"] = (
                "it knows every translated image, so its generator learns nothing; narrow it (--ndf) or lower --lr"
            )
    if full and all(np.ptp(values) <= STILL * np.abs(values).max() for values in recent.values()):
        found["no loss has moved for a while"] = "is --lr 0, or does the data set hold one image?"
    for network, real, fake in layout.translations:
        if real not in images or fake not in images:
            continue
        if images[fake].std() < FLAT:
            found[f"{network} gives a constant image"] = "lower --lr, or start again with another --seed"
        elif images[real].std() >= FLAT and np.corrcoef(images[real].ravel(), images[fake].ravel())[0, 1] < INVERTED:
            found[f"{network} exchanges bright and dark"] = (
                "start again with another --seed or a larger --lambda_identity"
            )
    return found
