"""Detects signs that a training goes wrong; each alarm is one line with advice."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECENT = 10  # lines of the loss log that are checked
MIN_DISCRIMINATOR_LOSS = 0.005  # LSGAN loss; about 0 is always right, 0.25 is guessing
MIN_IMAGE_SD = 1.0  # [grey level] standard deviation below which an image counts as constant
MIN_LOSS_CHANGE = 1e-4  # relative change below which losses count as constant
MIN_CORRELATION = -0.3  # of an image and its translation: in both, deep is dark


def alarms(losses: Mapping[str, Sequence[float]], images: Mapping[str, NDArray], layout: Any) -> dict[str, str]:
    """What is wrong, with advice: from the loss log (columns by name) and the last images (H, W) [grey level].

    `layout` is the model's plot layout: it names the losses of its discriminators and its translated images.
    """
    recent = {name: np.array(values[-RECENT:]) for name, values in list(losses.items())[3:]}
    signs = {}
    enough = bool(recent) and all(len(values) == RECENT for values in recent.values())
    for name, values in recent.items():
        if not np.isfinite(values).all():
            signs[f"{name} is not a number"] = "return to an earlier epoch and use a lower --lr"
        elif enough and name in layout.discriminator_losses and values.max() < MIN_DISCRIMINATOR_LOSS:
            signs[f"{name} is at zero"] = (
                "it recognises every translated image, so the generator learns nothing; use a smaller --ndf or --lr"
            )
    if enough and all(np.ptp(values) <= MIN_LOSS_CHANGE * np.abs(values).max() for values in recent.values()):
        signs["all losses are constant"] = "check --lr (is it 0?) and the data set (is it one image?)"
    for network, real, fake in layout.translations:
        if real not in images or fake not in images:
            continue
        if images[fake].std() < MIN_IMAGE_SD:
            signs[f"{network} gives a constant image"] = "use a lower --lr, or start again with another --seed"
        elif (
            images[real].std() >= MIN_IMAGE_SD
            and np.corrcoef(images[real].ravel(), images[fake].ravel())[0, 1] < MIN_CORRELATION
        ):
            signs[f"{network} swaps bright and dark"] = "start again with another --seed or a larger --lambda_identity"
    return signs
