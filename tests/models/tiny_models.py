"""Models that are as small as possible, and batches for them, for several files of tests."""

import dataclasses

import torch

from models import MODELS

SMALL = {"ngf": 4, "ndf": 4, "netG": "resnet_6blocks", "width": 4}
SMALL |= {"renderer_epochs": 1, "match_after_epochs": (2,), "renderer_finetune_epochs": 1}
LEARNING = [name for name in MODELS if name != "ensemble"]


def small(name, **changes):
    names = {field.name for field in dataclasses.fields(MODELS[name].Options)}
    return MODELS[name].Options(**{key: value for key, value in (SMALL | changes).items() if key in names})


def batch(seed=0, size=2):
    generator = torch.Generator().manual_seed(seed)
    images = {name: 255 * torch.rand(size, 1, 72, 48, generator=generator) for name in ("sem", "depth")}
    images["real"] = 255 * torch.rand(size, 1, 72, 48, generator=generator)
    images |= {"fitted": images["real"], "fitted_u": images["depth"] / 255}
    level = torch.tensor([140, 170, 150])[:size]
    return images | {"level": level, "real_level": level, "fitted_level": level}
