"""Batches of simulated pairs beside real images with their level: what closes the gap between the two domains."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout
from ..errors import DataError, collect_errors
from .base import BatchedDataset, even_indices
from .image_stack import size
from .labelled import LabelledDataset
from .paired import PairedDataset

EPOCH = 3200  # images: a training takes as long whatever the data set's size
REAL = 2048  # images that a real domain is known by


class SimToRealDataset(BatchedDataset):
    """Batches {"sem", "depth", "level"} of a simulated pair and {"real", "real_level"} of a real image, as `paired` and
    `labelled` give them.

    Nothing is mirrored: the depth maps have their centre beside the crop's, and a mirrored image would move it.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        options = replace(options, flip=False)
        self.pairs, self.real = collect_errors(
            lambda: PairedDataset(layout, options, batch_size, seed),
            lambda: LabelledDataset(layout, options, batch_size, seed),
        )
        one, other = self.pairs.images["sem"][0], self.real.images["sem"][0]
        if one.shape != other.shape:
            raise DataError(
                f"{layout.root}: simulated images are {size(one)} and real ones {size(other)}; "
                "say --preprocess resize --load_size H,W"
            )
        images = {**self.pairs.images, "real": self.real.images["sem"]}
        super().__init__(images, max(EPOCH, batch_size), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """What the epochs are judged by, and what is known of both domains as a whole.

        `sem`, `depth`, `level`: held-out pairs. `real`, `real_level`, `real_held_out`: real training images. `library`,
        `library_level`: every stem's depth map at its deepest; `library_held_out` (N,) says which are held out.
        """
        deepest: dict[str, int] = {}
        held: dict[str, bool] = {}
        apart = set(self.pairs.apart.tolist())
        for place, (group, map_number) in enumerate(zip(self.pairs.groups, self.pairs.depth_of, strict=True)):
            held[group] = place in apart
            if group not in deepest or self.pairs.level[map_number] > self.pairs.level[deepest[group]]:
                deepest[group] = int(map_number)
        maps = np.array(list(deepest.values()))
        real = even_indices(len(self.real.level), REAL)
        return {
            **self.pairs.eval_set(),
            "real": self.real.images["sem"][real],
            "real_level": self.real.level[real],
            "real_held_out": np.isin(real, self.real.apart),
            "library": self.pairs.images["depth"][maps],
            "library_level": self.pairs.level[maps],
            "library_held_out": np.array([held[group] for group in deepest]),
        }

    def _batch(self, part: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        at = self.order[part]
        pairs, real = self.pairs.training[at % len(self.pairs.training)], rng.choice(self.real.training, len(at))
        maps = self.pairs.depth_of[pairs]
        sem, depth = self._augmented(rng, sem=pairs, depth=maps)
        (image,) = self._augmented(rng, real=real)
        levels = {"level": self.pairs.level[maps], "real_level": self.real.level[real]}
        return {"sem": sem, "depth": depth, "real": image, **levels}
