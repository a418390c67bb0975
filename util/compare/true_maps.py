"""The ground truth of the images that are compared: depth maps in a folder, by the names of the images."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import UtilError


class TrueMaps:
    """PNG depth maps [grey level] in `folder`; a grey level is `nm_per_grey` [nm]."""

    def __init__(self, folder: Path, nm_per_grey: float) -> None:
        if not any(folder.glob("*.png")):
            raise UtilError(
                f"--truth {folder}: holds no PNG files; name a folder of depth maps, such as ./sem/test/Depth"
            )
        self.folder, self.nm_per_grey = folder, nm_per_grey

    def depth_nm(self, image: str) -> NDArray[np.float64] | None:
        """The true depth (H, W) [nm below the top surface]; None where there is no map of that name."""
        try:
            with Image.open(self.folder / f"{image}.png") as file:
                grey = np.asarray(file.convert("L"), dtype=np.float64)
        except OSError:
            return None
        return (grey.max() - grey) * self.nm_per_grey
