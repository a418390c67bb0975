"""How far the scale of test images is from that of the training images."""

from dataclasses import dataclass
from typing import Any

from ..run import training_images

MAX_DIFFERENCE = 0.1  # relative, of a pixel size or a side


@dataclass(frozen=True)
class TrainingScale:
    """`pixel_nm` [nm] and `size` (H, W) [px] of the training images; 0 and () are not known, or not compared."""

    pixel_nm: float = 0.0
    size: tuple[int, ...] = ()

    @classmethod
    def of(cls, opt: Any) -> "TrainingScale":
        """That of the run that is tested, as it lies beside its weights.

        Sizes are not compared where images are predicted in tiles or resized.
        """
        trained = training_images(opt.run.path)
        fits = bool(opt.test.tile_size) or "resize" in opt.data.preprocess
        return cls(trained.get("pixel_nm", 0.0), () if fits else trained.get("size", ()))

    def flags(self, shape: tuple[int, ...], pixel_nm: float) -> tuple[str, ...]:
        """The flags `pixel` and `size` of images (H, W) with pixels of `pixel_nm` [nm], 0 if not known."""
        pixel = ("pixel",) * _differ(pixel_nm, self.pixel_nm)
        return pixel + ("size",) * any(map(_differ, shape, self.size))

    def lines(self, pixel_nm: float) -> list[str]:
        """The line about pixels of `pixel_nm` [nm] where the training had others, or nothing tells which."""
        lines = []
        if pixel_nm and not self.pixel_nm:
            lines.append("the pixel size of the training images is not known: nothing tells whether this one fits")
        if _differ(pixel_nm, self.pixel_nm):
            lines.append(
                f"pixels of {pixel_nm:.4g} nm where those of the training have {self.pixel_nm:.4g} nm: the model has "
                "not learned this scale; resize the images, or train on such images"
            )
        return lines


def _differ(value: float, trained: float) -> bool:
    return bool(value and trained) and abs(value / trained - 1) > MAX_DIFFERENCE
