"""The learning rate as a pure function of the epoch, so that a resumed run needs no scheduler state."""

from math import cos, pi


def lr_factor(policy: str, epoch: int, n_epochs: int, n_epochs_decay: int, decay_iters: int) -> float:
    """Factor [0..1] on the initial learning rate during `epoch`, which counts from 1.

    `linear` is the published schedule: constant for `n_epochs`, then linearly to zero over `n_epochs_decay`
    (Zhu et al. 2017, section 4). `step` divides by ten every `decay_iters` epochs; `cosine` falls to zero over
    `n_epochs` (Loshchilov and Hutter 2017, without restarts).
    """
    if policy == "linear":
        return 1.0 - max(0, epoch - n_epochs) / (n_epochs_decay + 1)
    if policy == "step":
        return 0.1 ** ((epoch - 1) // decay_iters)
    if policy == "cosine":
        return 0.5 * (1.0 + cos(pi * min(epoch - 1, n_epochs) / n_epochs)) if n_epochs else 1.0
    raise KeyError(policy)
