"""The scale of depths from a site of known depth."""

from collections.abc import Iterable

import numpy as np

from ..errors import UtilError
from ..files import counted
from .image_result import ImageResult

MAX_SITES = 10  # that an error lists


class ReferenceDepth:
    """Takes results batch by batch; `depth_nm` [nm] is the known mean depth of the floors at `site`.

    `site` is the site or the name of an image; '' is all images. Measurements are taken at 1 nm per grey level. Images
    that are out of distribution do not count.
    """

    def __init__(self, depth_nm: float, site: str) -> None:
        self.depth_nm, self.site = depth_nm, site
        self.depths: list[float] = []  # [grey level] of floors
        self.n_skipped = 0
        self.sites: set[str] = set()

    def add(self, results: Iterable[ImageResult]) -> None:
        """The floors of some images."""
        for result in results:
            self.sites.add(result.site)
            if self.site not in ("", result.site, result.stem):
                continue
            depth = (result.measurements or {}).get("depth_mean_nm", np.nan)
            if result.is_ood or not depth > 0:
                self.n_skipped += 1
            else:
                self.depths.append(depth)

    @property
    def nm_per_grey(self) -> float:
        """Depth per grey level [nm] that gives the floors the known mean depth; UtilError if none is measured."""
        if self.depths:
            return self.depth_nm / float(np.mean(self.depths))
        if self.n_skipped:
            images = counted(self.n_skipped, "image")
            raise UtilError(
                f"--reference_depth {self.depth_nm:g}: of {images} of the reference none shows a hole whose depth can "
                "be trusted; use another --reference_site, or --nm_per_grey"
            )
        known = sorted(self.sites - {""})
        names = ", ".join(known[:MAX_SITES]) + ", ..." * (len(known) > MAX_SITES)
        raise UtilError(
            f"--reference_site {self.site}: no test image has this name, and no folder of test images; "
            f"{f'there are {names}' if known else 'they are in no sub-folders'}"
        )

    @property
    def relative_error(self) -> float | None:
        """Standard error of `nm_per_grey` over itself, from the scatter of the images; None of one image alone.

        The error of the known depth, and what all images have in common, are not in it.
        """
        count = len(self.depths)
        if count < 2:
            return None
        return float(np.std(self.depths, ddof=1) / np.sqrt(count) / np.mean(self.depths))

    @property
    def facts(self) -> dict[str, float | None]:
        """What metrics.json says of the scale: the images that it comes from, and its standard error."""
        error = self.relative_error
        return {
            "reference_images": len(self.depths),
            "nm_per_grey_standard_error": None if error is None else error * self.nm_per_grey,
        }

    def __str__(self) -> str:
        where = f" of {self.site}" if self.site else ""
        skipped = f" ({self.n_skipped} more cannot be used)" if self.n_skipped else ""
        images = counted(len(self.depths), "image")
        error = self.relative_error
        certainty = (
            "this one image alone decides it, so nothing tells how certain that is; name a site of more images"
            if error is None
            else f"standard error {100 * error:.2g} %, from the scatter of these images"
        )
        return (
            f"--reference_depth {self.depth_nm:g} nm: the floors of {images}{where}{skipped} are "
            f"{np.mean(self.depths):.2f} grey levels deep on average, so one grey level is {self.nm_per_grey:.6g} nm "
            f"({certainty})"
        )
