"""Options of the public CycleGAN command line that have no counterpart here, and what to do instead.

An entry may list values that are accepted without effect, because the programs do what they ask for anyway.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Unsupported:
    """One option of the public command line: the reason, and the values that are accepted without effect."""

    reason: str
    takes_value: bool = True
    accepted: tuple[str, ...] = ()
    any_whole_number: bool = False

    def accepts(self, text: str) -> bool:
        """Whether the value `text` is accepted without effect."""
        return text in self.accepted or (self.any_whole_number and bool(re.fullmatch(r"[+-]?[0-9]{1,300}", text)))

    @property
    def refusal(self) -> str:
        """What the user reads if the value is not accepted."""
        return "must be a whole number" if self.any_whole_number else self.reason


_MODEL_DECIDES = "the model decides how images are paired; choose it with --model"
_LUA_DEVICE = "use --gpu_ids 0 for the first GPU, --gpu_ids -1 for the CPU"

UNSUPPORTED: dict[str, Unsupported] = {
    "load_iter": Unsupported(
        "weights are kept by epoch, not by step; use --epoch latest, best or a number", accepted=("0",)
    ),
    "save_by_iter": Unsupported("use --save_latest_freq, --save_minutes and --save_epoch_freq", takes_value=False),
    "dataset_mode": Unsupported(_MODEL_DECIDES, accepted=("unaligned", "single")),
    "align_data": Unsupported(_MODEL_DECIDES, accepted=("0",)),
    "model_suffix": Unsupported("test.py knows which generator --direction needs; leave it out"),
    "eval": Unsupported("prediction always runs in evaluation mode", takes_value=False, accepted=("",)),
    "aspect_ratio": Unsupported("results keep the shape of their images; leave it out", accepted=("1", "1.0")),
    "verbose": Unsupported("the programs always print everything", takes_value=False, accepted=("",)),
    "wandb_project_name": Unsupported("set the environment variable WANDB_PROJECT"),
    "lambda_L1": Unsupported("belongs to pix2pix, which this toolkit does not have; leave it out"),
    "use_lsgan": Unsupported("use --gan_mode lsgan or --gan_mode vanilla"),
    "content_loss": Unsupported("cycle and identity losses are L1; leave it out", accepted=("pixel",)),
    "layer_name": Unsupported("cycle and identity losses are L1; leave it out", accepted=("pixel",)),
    "gpu": Unsupported(_LUA_DEVICE),
    "cudnn": Unsupported(_LUA_DEVICE, accepted=("1",)),
    "display": Unsupported("use --display_id 0 for no display"),
    "display_winsize": Unsupported("windows keep the size of the images", any_whole_number=True),
    "save_display_freq": Unsupported("use --update_html_freq"),
    "local_rank": Unsupported("start several processes with torchrun, which needs no option"),
}

# Options of test.py that train.py accepts, so that one command line serves both programs.
UNUSED_BY_TRAIN: dict[str, Unsupported] = {
    "phase": Unsupported("train.py reads the training part of the data set", accepted=("train",)),
    "epoch": Unsupported("train.py continues from `latest`; only test.py takes another epoch", accepted=("latest",)),
    "direction": Unsupported(
        "A is SEM and B is depth in every training; only test.py uses the option", accepted=("AtoB", "BtoA")
    ),
}

# Groups of options that a program accepts without effect, for the same reason, and why they have none.
NO_EFFECT: dict[str, dict[str, str]] = {"test.py": {"display": "test.py draws no live plots"}}

# Values that an option refuses, and the reason.
_UNET = "images of 72x48 are too small for it; use resnet_9blocks or resnet_6blocks"
_ASPECT = "the shape of the images is kept; use resize, crop, resize_and_crop or none"
UNSUPPORTED_VALUES: dict[str, dict[str, str]] = {
    "lr_policy": {"plateau": "it needs the true depth of validation images; use linear, step or cosine"},
    "gan_mode": {"wgangp": "this toolkit has no gradient penalty; use lsgan or vanilla"},
    "netG": {"unet_128": _UNET, "unet_256": _UNET},
    "preprocess": {"scale_width": _ASPECT, "scale_width_and_crop": _ASPECT, "scale_shortside": _ASPECT},
    "model": {
        "pix2pix": "this toolkit does not have it; -h lists the models",
        "test": "test.py reads the model from the run's opt.json; leave it out",
        "one_direction_test": "test.py reads the model from the run's opt.json; leave it out",
        "colorization": "this toolkit does not have it; images are grey",
    },
    "phase": {
        "train": "test.py reads the test part of the data set",
        "val": "test.py reads the test part of the data set",
    },
}
