"""What the public CycleGAN command line has and this one has not, with what to do instead.

An entry may name values under which the option is accepted, because what it then asks for is what happens anyway.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unsupported:
    """One option of the public command line: why it is refused, and the values that are accepted without effect."""

    line: str
    takes_value: bool = True
    neutral: tuple[str, ...] = ()


_MODEL_DECIDES = "the model decides how images are paired; choose it with --model"
_LUA_DEVICE = "write --gpu_ids 0 for the first GPU, --gpu_ids -1 for the CPU"

OPTIONS: dict[str, Unsupported] = {
    "load_iter": Unsupported(
        "weights are kept by epoch, not by step; use --epoch latest, best or a number", neutral=("0",)
    ),
    "save_by_iter": Unsupported("use --save_latest_freq, --save_minutes and --save_epoch_freq", takes_value=False),
    "dataset_mode": Unsupported(_MODEL_DECIDES, neutral=("unaligned", "single")),
    "align_data": Unsupported(_MODEL_DECIDES, neutral=("0",)),
    "model_suffix": Unsupported("test.py knows which generator --direction needs; leave it out"),
    "eval": Unsupported("prediction always runs in evaluation mode", takes_value=False, neutral=("",)),
    "aspect_ratio": Unsupported("results keep the shape of their images; leave it out", neutral=("1", "1.0")),
    "verbose": Unsupported("nothing is held back without it", takes_value=False, neutral=("",)),
    "wandb_project_name": Unsupported("set the environment variable WANDB_PROJECT"),
    "lambda_L1": Unsupported("belongs to pix2pix, which is not here; leave it out"),
    "use_lsgan": Unsupported("write --gan_mode lsgan or --gan_mode vanilla"),
    "content_loss": Unsupported("cycle and identity losses are L1; leave it out", neutral=("pixel",)),
    "layer_name": Unsupported("cycle and identity losses are L1; leave it out", neutral=("pixel",)),
    "gpu": Unsupported(_LUA_DEVICE),
    "cudnn": Unsupported(_LUA_DEVICE, neutral=("1",)),
    "display": Unsupported("write --display_id 0 for no display"),
    "save_display_freq": Unsupported("write --update_html_freq"),
    "local_rank": Unsupported("start several processes with torchrun, which needs no option"),
}

# What train.py accepts for the sake of one command line for both programs.
AT_TRAIN: dict[str, Unsupported] = {
    "phase": Unsupported("train.py reads the training part of the data set", neutral=("train",)),
    "epoch": Unsupported("train.py goes on from `latest`; another epoch is for test.py", neutral=("latest",)),
    "direction": Unsupported(
        "A is SEM and B is depth, whatever is learned; the option matters to test.py", neutral=("AtoB", "BtoA")
    ),
}

# Values of known options, for the line that says why they are refused.
_UNET = "images of 72x48 are too small for it; use resnet_9blocks or resnet_6blocks"
_ASPECT = "the shape of the images is kept; use resize, crop, resize_and_crop or none"
VALUES: dict[str, dict[str, str]] = {
    "lr_policy": {"plateau": "it needs a metric that needs the true depth; use linear, step or cosine"},
    "gan_mode": {"wgangp": "its gradient penalty is not here; use lsgan or vanilla"},
    "netG": {"unet_128": _UNET, "unet_256": _UNET},
    "preprocess": {"scale_width": _ASPECT, "scale_width_and_crop": _ASPECT, "scale_shortside": _ASPECT},
    "model": {
        "pix2pix": "it is not here; -h lists the models",
        "test": "test.py finds the model of a run by itself; leave it out",
        "one_direction_test": "test.py finds the model of a run by itself; leave it out",
        "colorization": "it is not here; images are grey",
    },
    "phase": {
        "train": "test.py reads the test part of the data set",
        "val": "test.py reads the test part of the data set",
    },
}
