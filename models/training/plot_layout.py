"""What a model declares about its plots, so that the plotting code needs to know no model."""

from typing import NamedTuple


class PlotLayout(NamedTuple):
    """Names of losses and images, grouped as the plots show them.

    `loss_groups`: titles of plots, each with the names of its losses. `other_losses`: title of the plot of all other
    losses. `image_rows`: names of the images of one row. `image_note`: meaning of these names. `discriminator_losses`:
    losses that must not stay at zero. `translations`: (network, input image, output image); the output must be neither
    constant nor inverted.
    """

    loss_groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    other_losses: str = "losses"
    image_rows: tuple[tuple[str, ...], ...] = (("sem", "depth", "contour", "truth"),)
    image_note: str = ""
    discriminator_losses: tuple[str, ...] = ()
    translations: tuple[tuple[str, str, str], ...] = ()
