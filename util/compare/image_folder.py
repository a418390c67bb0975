"""Images by name in a folder: the SEM images that are compared, and their true depth maps."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import UtilError


class ImageFolder:
    """PNG images [grey level] in `folder`; in a depth map a grey level is `nm_per_grey` [nm]. `flag` named it."""

    def __init__(self, flag: str, folder: Path, nm_per_grey: float = 1.0) -> None:
        if not any(folder.glob("*.png")):
            raise UtilError(f"{flag} {folder}: holds no PNG files; name a folder such as ./sem/test/Depth")
        self.folder, self.nm_per_grey = folder, nm_per_grey

    def grey(self, image: str) -> NDArray[np.float64] | None:
        """The image (H, W) [grey level]; None where there is none of that name."""
        try:
            with Image.open(self.folder / f"{image}.png") as file:
                return np.asarray(file.convert("L"), dtype=np.float64)
        except OSError:
            return None

    def depth_nm(self, image: str) -> NDArray[np.float64] | None:
        """The depth (H, W) [nm below the top surface] in a depth map; None where there is none of that name."""
        grey = self.grey(image)
        return None if grey is None else (grey.max() - grey) * self.nm_per_grey
