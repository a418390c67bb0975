"""What a model declares about its plots, so that who draws them needs to know no model."""

from typing import NamedTuple


class PlotLayout(NamedTuple):
    """`loss_groups`: titles of plots with the names of their losses; all other losses share `other_losses`.

    `image_rows`: names of images that belong in one row; `image_note`: what these names mean.
    `discriminator_losses`: losses that must not stay at zero. `translations`: network, its input and its output image,
    which must be neither constant nor inverted.
    """

    loss_groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    other_losses: str = "losses"
    image_rows: tuple[tuple[str, ...], ...] = (("sem", "depth", "contour", "truth"),)
    image_note: str = ""
    discriminator_losses: tuple[str, ...] = ()
    translations: tuple[tuple[str, str, str], ...] = ()
