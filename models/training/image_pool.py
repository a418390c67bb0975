"""A history of translated images for the discriminators (Shrivastava et al. 2017, section 2.3)."""

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to `size` translated images. Its own random generator makes a resumed run equal an uninterrupted run.

    `plan` draws on the CPU which images are exchanged; `exchange` does it on the device by copies alone, so that it
    can be part of a captured step.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.count = 0
        self.storage: Tensor | None = None  # (size, C, H, W), of which `count` are images
        self.generator = torch.Generator().manual_seed(seed)

    def plan(self, count: int) -> Tensor:
        """Indices (count + size,) into the kept images followed by `count` new ones: the images to return, and the
        images to keep. Once the pool is full, a random half of the returned images are older ones."""
        returned, kept = [], list(range(self.size))
        for new in range(self.size, self.size + count):
            image = new
            if self.count < self.size:
                kept[self.count] = new
                self.count += 1
            elif self.size and torch.rand((), generator=self.generator) > 0.5:
                index = int(torch.randint(self.size, (), generator=self.generator))
                image, kept[index] = kept[index], new
            returned.append(image)
        return torch.tensor(returned + kept)

    def exchange(self, images: Tensor, plan: Tensor) -> Tensor:
        """Returns detached images (N, C, H, W) as `plan(N)`, on their device, says, and keeps what it says."""
        images = images.detach()
        if self.storage is None:
            self.storage = images.new_zeros(self.size, *images.shape[1:])
        everything = torch.cat((self.storage, images))
        self.storage.copy_(everything[plan[len(images) :]])
        return everything[plan[: len(images)]]

    def state_dict(self) -> dict[str, object]:
        """The images and the state of the generator, in types that torch loads without running code."""
        images = [] if self.storage is None else [image[None] for image in self.storage[: self.count].clone()]
        return {"images": images, "generator": self.generator.get_state()}

    def load_state_dict(self, state: dict, device: torch.device) -> None:
        """Restores what `state_dict` returned."""
        images = state["images"][: self.size]
        self.count, self.storage = len(images), None
        if images:
            self.storage = images[0].new_zeros(self.size, *images[0].shape[1:], device=device)
            self.storage[: self.count] = torch.cat(images).to(device)
        self.generator.set_state(state["generator"].cpu())
