"""What the user may say about a run, to both programs."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunOptions:
    """run"""

    name: str = field(
        default="metrology",
        metadata={"help": "name of the run: one plain folder name under --checkpoints_dir", "may_change": True},
    )
    model: str = field(default="cycle_gan", metadata={"help": "the system that is trained"})
    checkpoints_dir: str = field(
        default="./checkpoints", metadata={"help": "folder that holds the run folders", "may_change": True}
    )
    suffix: str = field(
        default="",
        metadata={
            "help": "appended to the name after an underscore; {model}, {netG}, ... stand for options",
            "may_change": True,
        },
    )
    config: str = field(
        default="", metadata={"help": "YAML file of options; the command line wins over it", "may_change": True}
    )
    seed: int = field(
        default=0,
        metadata={"help": "seed of weights, order of images and augmentation", "bounds": (0, 2**31 - 1)},
    )
    deterministic: bool = field(
        default=False,
        metadata={
            "help": "the same seed gives the same weights to the bit, on GPUs, too, where that costs speed; "
            "with as many processor threads",
            "may_change": True,
        },
    )
    gpu_ids: str = field(
        default="auto",
        metadata={"help": "auto = what the machine has, -1 = CPU, 0 or 0,1 = these GPUs", "may_change": True},
    )
    precision: str = field(
        default="auto",
        metadata={
            "help": "arithmetic of the networks: bf16 = bfloat16 where it is safe (autocast); auto = bf16 where the "
            "processor multiplies it in hardware (GPUs, CPUs with AMX), else fp32",
            "choices": ("auto", "fp32", "bf16"),
            "may_change": True,
        },
    )
    compile: bool = field(
        default=False,
        metadata={
            "help": "compile the networks first (a minute or more; needs a C++ compiler): pays on GPUs and with bf16",
            "may_change": True,
        },
    )
