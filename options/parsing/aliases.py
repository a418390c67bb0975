"""The spellings of the public CycleGAN command line, by the option that each means here.

Three generations are in use: 2017 (`--which_epoch --niter --batchSize`), 2018 (`--epoch --netG --load_size`) and 2020
(`--n_epochs`). Older still is the Torch program (`DATA_ROOT=... which_direction=...`). public_flags.py lists them all.
The canonical name is the newest. To add a spelling, add it to the tuple of its option; a boolean needs no entry for
its `no_` form.
"""

ALIASES: dict[str, tuple[str, ...]] = {
    "dataroot": ("DATA_ROOT",),
    "batch_size": ("batchSize",),
    "load_size": ("loadSize",),
    "crop_size": ("fineSize",),
    "num_threads": ("nThreads",),
    "n_epochs": ("niter",),
    "n_epochs_decay": ("niter_decay",),
    "direction": ("which_direction",),
    "epoch": ("which_epoch",),
    "num_test": ("how_many", "ntest"),
    "preprocess": ("resize_or_crop",),
    "max_dataset_size": ("ntrain",),
    "lambda_identity": ("identity",),
    "netG": ("which_model_netG",),
    "netD": ("which_model_netD",),
}

# Flags that take no value and stand for a value of another option.
IMPLIED: dict[str, tuple[str, str]] = {
    "no_lsgan": ("gan_mode", "vanilla"),
    "use_wandb": ("track", "wandb"),
    "no_data_bar": ("data_bar", "0"),
}

# Older words for a value, by the option that takes it.
VALUES: dict[str, dict[str, str]] = {
    "model": {"fusion": "ensemble"},
    "lr_policy": {"lambda": "linear"},
    "num_test": {"all": "0", "inf": "0"},
    "field_scale": {"auto": "0"},
    "data_bar": {"auto": "-1"},
    "max_dataset_size": {"all": "0", "inf": "0"},
}


def list_spellings(name: str) -> tuple[str, ...]:
    """All spellings of the option `name` without dashes, the canonical one first; without `no_` forms."""
    return (name, *ALIASES.get(name, ()))
