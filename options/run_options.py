"""Options of a run, for both programs."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class RunOptions:
    """run"""

    name: str = field(
        default="metrology",
        metadata={"help": "name of the run: one plain folder name under --checkpoints_dir", "may_change": True},
    )
    model: str = field(default="cycle_gan", metadata={"help": "model to train"})
    checkpoints_dir: str = field(
        default="./checkpoints", metadata={"help": "folder that holds the run folders", "may_change": True}
    )
    suffix: str = field(
        default="",
        metadata={
            "help": "appended to the name after an underscore; {model}, {netG}, ... are replaced by option values",
            "may_change": True,
        },
    )
    config: str = field(
        default="", metadata={"help": "YAML file of options; the command line overrides it", "may_change": True}
    )
    seed: int = field(
        default=0,
        metadata={
            "help": "seed of the initial weights, the order of images and the augmentation",
            "bounds": (0, 2**31 - 1),
        },
    )
    deterministic: bool = field(
        default=False,
        metadata={
            "help": "the same seed gives bit-identical weights, also on GPUs, where it costs speed; the number of "
            "processor threads must be the same",
            "may_change": True,
        },
    )
    gpu_ids: str = field(
        default="auto",
        metadata={"help": "auto = a GPU if the machine has one, -1 = CPU, 0 or 0,1 = these GPUs", "may_change": True},
    )
    precision: str = field(
        default="auto",
        metadata={
            "help": "arithmetic of the networks: bf16 = bfloat16 where it is safe (autocast); auto = bf16 where it was "
            "measured to be faster with this model (CPUs with AMX; CycleGAN's training on GPUs), else fp32",
            "choices": ("auto", "fp32", "bf16"),
            "may_change": True,
        },
    )
    compile: bool = field(
        default=False,
        metadata={
            "help": "compile the networks first (a minute or more; needs a C++ compiler): faster on GPUs and with bf16",
            "may_change": True,
        },
    )

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return Path(self.checkpoints_dir, self.name)
