"""A history of translated images for the discriminators (Shrivastava et al. 2017, section 2.3)."""

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to `size` translated images; its own generator makes a resumed run draw what the unbroken one draws."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.images: list[Tensor] = []
        self.generator = torch.Generator().manual_seed(seed)

    def query(self, images: Tensor) -> Tensor:
        """Detached images (N, C, H, W): each the one that came in or, evenly once the pool is full, an older one."""
        images = images.detach()
        if self.size == 0:
            return images
        answer = []
        for image in images.split(1):
            if len(self.images) < self.size:
                self.images.append(image.clone())
            elif torch.rand((), generator=self.generator) > 0.5:
                place = int(torch.randint(self.size, (), generator=self.generator))
                image, self.images[place] = self.images[place], image.clone()
            answer.append(image)
        return torch.cat(answer)

    def state_dict(self) -> dict[str, object]:
        """The images and the generator's state, in types that load without running code."""
        return {"images": list(self.images), "generator": self.generator.get_state()}

    def load_state_dict(self, state: dict, device: torch.device) -> None:
        """Puts back what `state_dict` gave."""
        self.images = [image.to(device) for image in state["images"]]
        self.generator.set_state(state["generator"].cpu())
