"""A history of translated images for the discriminators (Shrivastava et al. 2017, section 2.3)."""

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to `size` translated images. Its own random generator makes a resumed run equal an uninterrupted run."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.images: list[Tensor] = []
        self.generator = torch.Generator().manual_seed(seed)

    def query(self, images: Tensor) -> Tensor:
        """Detached images (N, C, H, W): once the pool is full, a random half are older images from the pool."""
        images = images.detach()
        if self.size == 0:
            return images
        result = []
        for image in images.split(1):
            if len(self.images) < self.size:
                self.images.append(image.clone())
            elif torch.rand((), generator=self.generator) > 0.5:
                index = int(torch.randint(self.size, (), generator=self.generator))
                image, self.images[index] = self.images[index], image.clone()
            result.append(image)
        return torch.cat(result)

    def state_dict(self) -> dict[str, object]:
        """The images and the state of the generator, in types that torch loads without running code."""
        return {"images": list(self.images), "generator": self.generator.get_state()}

    def load_state_dict(self, state: dict, device: torch.device) -> None:
        """Restores what `state_dict` returned."""
        self.images = [image.to(device) for image in state["images"]]
        self.generator.set_state(state["generator"].cpu())
