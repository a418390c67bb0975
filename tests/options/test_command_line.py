"""The command line: spellings, values, bounds, and the one line that each mistake gets."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.docs_table import command_line_table
from data import DataOptions
from options import Options, OptionsError, parse_train
from options.parsing import GENERATIONS


@dataclass(frozen=True)
class DummyData:
    """data"""

    dataroot: str = field(default="./sem", metadata={"help": "folder", "inherit": True})
    preprocess: str = field(
        default="none", metadata={"help": "size", "choices": ("none", "resize_and_crop"), "inherit": True}
    )
    load_size: tuple[int, ...] = field(default=(72, 48), metadata={"help": "H,W", "unit": "px", "bounds": (4, 4096)})
    crop_size: tuple[int, ...] = field(default=(72, 48), metadata={"help": "H,W", "unit": "px", "bounds": (4, 4096)})
    flip: bool = field(default=True, metadata={"help": "mirror at random"})
    serial_batches: bool = field(default=False, metadata={"help": "in order"})
    max_dataset_size: int = field(default=0, metadata={"help": "0 = all", "bounds": (0, None)})
    num_threads: int = field(default=0, metadata={"help": "workers", "bounds": (0, 64), "may_change": True})


@dataclass(frozen=True)
class DummyGan:
    """cycle_gan: unpaired"""

    lambda_A: float = field(default=10.0, metadata={"help": "cycle", "bounds": (0, None)})
    lambda_B: float = field(default=10.0, metadata={"help": "cycle", "bounds": (0, None)})
    lambda_identity: float = field(default=0.5, metadata={"help": "identity", "bounds": (0, None)})
    gan_mode: str = field(default="lsgan", metadata={"help": "adversarial loss", "choices": ("lsgan", "vanilla")})
    netG: str = field(default="resnet_9blocks", metadata={"help": "G", "choices": ("resnet_9blocks", "resnet_6blocks")})
    netD: str = field(default="basic", metadata={"help": "D", "choices": ("basic", "n_layers")})
    n_layers_D: int = field(default=3, metadata={"help": "layers", "bounds": (1, 3)})
    ngf: int = field(default=64, metadata={"help": "width", "unit": "channels", "bounds": (1, None)})
    ndf: int = field(default=64, metadata={"help": "width", "unit": "channels", "bounds": (1, None)})
    norm: str = field(default="instance", metadata={"help": "normalisation", "choices": ("instance", "batch")})
    dropout: bool = field(default=False, metadata={"help": "dropout"})
    init_type: str = field(default="normal", metadata={"help": "initial weights"})
    init_gain: float = field(default=0.02, metadata={"help": "gain"})
    pool_size: int = field(default=50, metadata={"help": "images", "bounds": (0, None)})
    lr: float = field(default=2e-4, metadata={"help": "rate", "bounds": (0, None)})
    beta1: float = field(default=0.5, metadata={"help": "momentum", "bounds": (0, 1)})
    input_nc: int = field(default=1, metadata={"help": "channels", "bounds": (1, 3)})
    output_nc: int = field(default=1, metadata={"help": "channels", "bounds": (1, 3)})


@dataclass(frozen=True)
class DummyVote:
    """vote: of several runs"""

    members: tuple[str, ...] = field(default=(), metadata={"help": "runs"})


MODELS = {"cycle_gan": DummyGan, "vote": DummyVote}


def train(*argv: str) -> Options:
    """The options that train.py parses from `argv`."""
    return parse_train(list(argv), data=DummyData, models=MODELS)


def refusal(*argv: str) -> str:
    """The one line that `argv` is refused with."""
    with pytest.raises(OptionsError) as error:
        train(*argv)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_defaults_are_the_published_ones_and_nothing_is_changed() -> None:
    opt = train()
    assert (opt.run.name, opt.run.model, opt.run.gpu_ids, opt.data.dataroot) == (
        "metrology",
        "cycle_gan",
        "auto",
        "./sem",
    )
    assert (opt.loop.n_epochs, opt.loop.n_epochs_decay, opt.loop.batch_size) == (100, 100, 1)
    assert opt.changed() == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["--niter", "3"], ["--n_epochs", "3"]),
        (["--niter_decay", "0"], ["--n_epochs_decay", "0"]),
        (["--batchSize", "4"], ["--batch_size", "4"]),
        (["--nThreads", "2"], ["--num_threads", "2"]),
        (["--loadSize", "80,56"], ["--load_size", "80,56"]),
        (["--fineSize", "64"], ["--crop_size", "64"]),
        (["--resize_or_crop", "resize_and_crop"], ["--preprocess", "resize_and_crop"]),
        (["--identity", "0"], ["--lambda_identity", "0"]),
        (["--which_model_netG", "resnet_6blocks"], ["--netG", "resnet_6blocks"]),
        (["--which_model_netD", "n_layers"], ["--netD", "n_layers"]),
        (["--no_lsgan"], ["--gan_mode", "vanilla"]),
        (["--lr_policy", "lambda"], ["--lr_policy", "linear"]),
        (["--max_dataset_size", "inf"], ["--max_dataset_size", "0"]),
        (["--flip=false"], ["--no_flip"]),
        (["--no_flip=no"], ["--flip"]),
        (["--batchSize=4"], ["--batch_size", "4"]),
        (["--eval", "--verbose", "--load_iter", "0", "--dataset_mode", "unaligned"], []),
        (["--phase", "train", "--which_epoch", "latest", "--which_direction", "BtoA", "--direction", "AtoB"], []),
    ],
)
def test_older_spellings_mean_the_same(old: list[str], new: list[str]) -> None:
    assert train(*old).to_dict() == train(*new).to_dict()


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--batchSize", "0"], "--batchSize 0: must be at least 1"),
        (["--n_layers_D", "9"], "--n_layers_D 9: must be at most 3"),
        (["--batchSize", "2", "--batch_size", "4"], "--batchSize 2 and --batch_size 4: one option, two values; "),
        (["--flip", "--no_flip"], "--flip and --no_flip: one option, two values"),
        (["--no_lsgan", "--gan_mode", "lsgan"], "--no_lsgan and --gan_mode lsgan: one option"),
        (["--batchsize", "4"], "--batchsize: unknown option; did you mean --batchSize?"),
        (["--batch-size", "4"], "--batch-size: unknown option; did you mean --batch_size?"),
        (["--nam", "x"], "--nam: unknown option; did you mean --name?"),
        (["--wich_epoch", "3"], "--wich_epoch: unknown option; did you mean --which_epoch?"),
        (["--qqqqqqq"], "--qqqqqqq: unknown option; -h lists all"),
        (["-name", "x"], "-name: unknown option; did you mean --name?"),
        (["stray"], "stray: unknown argument"),
        (["--flip", "true"], "true: unknown argument"),
        (["DATA_ROOT=./x"], "DATA_ROOT=./x: unknown argument; use --DATA_ROOT ./x"),
        (["--how_many", "3"], "--how_many belongs to test.py"),
        (["--name"], "--name: needs a value"),
        (["--name", "--lr", "1"], "--name: needs a value"),
        (["--batch_size", "2.5"], "--batch_size 2.5: must be a whole number"),
        (["--batch_size", "1_0"], "--batch_size 1_0: must be a whole number"),
        (["--batch_size="], "--batch_size=: must be a whole number"),
        (["--lr", "2,08"], "--lr 2,08: must be a number; use a point: 2.08"),
        (["--lr", "nan"], "--lr nan: must be a number"),
        (["--lr", "inf"], "--lr inf: must be a number"),
        (["--lr", "1e999"], "--lr 1e999: must be a number"),
        (["--lr", "-1e-3"], "--lr -1e-3: must be at least 0"),
        (["--load_size", "72,x"], "--load_size 72,x: must be a whole number for each part"),
        (["--load_size", "72,2"], "--load_size 72,2: must be at least 4"),
        (["--flip=maybe"], "--flip=maybe: must be true or false"),
        (["--no_lsgan=1"], "--no_lsgan=1: takes no value"),
        (["--norm", "layer"], "--norm layer: must be instance or batch"),
        (["--lr_policy", "plateau"], "--lr_policy plateau: it needs the true depth"),
        (["--netG", "unet_256"], "--netG unet_256: images of 72x48 are too small"),
        (["--model", "pix2pix"], "--model pix2pix: this toolkit does not have it"),
        (["--model", "cyclegan"], "--model cyclegan: must be cycle_gan or vote"),
        (["--model", "vote", "--ngf", "8"], "--ngf 8: belongs to --model cycle_gan, and this run is vote"),
        (["--dataset_mode", "aligned"], "--dataset_mode aligned: the model decides"),
        (["--load_iter", "500"], "--load_iter 500: weights are kept by epoch"),
        (["--which_epoch", "20"], "--which_epoch 20: train.py continues from `latest`"),
        (["--wandb_project_name", "x"], "--wandb_project_name x: set the environment variable"),
        (["--track", "mlflow"], "--track mlflow: must be tensorboard or wandb"),
        (["--dataroot", ""], "--dataroot : must not be empty"),
        (["--dataroot", "a\nb"], r"--dataroot a\nb: contains a control character"),
        (["--gpu_ids", "one"], "--gpu_ids one: must be auto, -1"),
        (["--gpu_ids", "0,0"], "--gpu_ids 0,0: names a GPU twice"),
        (["--epoch_count", "300"], "--epoch_count 300: must be at most the 200 epochs"),
        (["--niter", "0", "--niter_decay", "0"], "--niter 0 and --niter_decay 0: must together be at least 1"),
        (["--continue_train", "--overwrite"], "--continue_train and --overwrite exclude each other"),
    ],
)
def test_each_mistake_gets_one_line_that_quotes_it(argv: list[str], line: str) -> None:
    assert refusal(*argv).startswith(line)


def test_a_path_that_was_split_at_its_spaces_needs_quotes(tmp_path: Path) -> None:
    (tmp_path / "all my images").mkdir()
    start = str(tmp_path / "all")
    line = f"my: unknown argument; put a path with spaces in quotes: '{start} my images'"
    assert refusal("--dataroot", start, "my", "images", "--name", "x") == line
    assert refusal("--dataroot", start, "your", "images").startswith("your: unknown argument; a value follows")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "-x", "a\tb", " a", "é" * 51])
def test_a_run_name_is_one_plain_folder_name(name: str) -> None:
    assert refusal("--name", name).startswith("--name ")


@pytest.mark.parametrize("name", ["metrology", "run 1", "a.b", "é" * 50])
def test_plain_names_are_taken(name: str) -> None:
    assert train("--name", name).run.name == name


def test_values_have_the_declared_types() -> None:
    opt = train("--load_size", "80, 56", "--lr", "1", "--gpu_ids", "-1", "--no_dropout", "--save_minutes", "0")
    assert opt.data.load_size == (80, 56)
    assert isinstance(opt.model.lr, float)
    assert opt.run.gpu_ids == "-1"
    assert opt.model.dropout is False
    assert opt.loop.save_minutes == 0.0


def test_the_last_of_one_spelling_wins() -> None:
    assert train("--lr", "1", "--lr", "0.5").model.lr == 0.5


def test_the_model_brings_its_own_options() -> None:
    opt = train("--model", "vote", "--members", "a,b")
    assert opt.model == DummyVote(members=("a", "b"))
    assert opt.to_dict()["members"] == ["a", "b"]


def test_a_suffix_names_the_run_by_its_options() -> None:
    opt = train("--name", "m", "--suffix", "{model}_w{ngf}", "--ngf", "8")
    assert opt.run.name == "m_cycle_gan_w8"
    assert refusal("--suffix", "{nothing}") == "--suffix {nothing}: there is no option nothing"
    assert refusal("--suffix", "a/b").startswith("--name metrology with --suffix a/b: must be one plain")


def test_options_accepted_without_effect_are_noted() -> None:
    assert any(note.startswith("--which_direction BtoA: ") for note in train("--which_direction", "BtoA").notes)


def test_no_error_is_long_or_unprintable() -> None:
    line = refusal("--batch_size", "9" * 5000 + "\x1b[31m")
    assert len(line) < 300
    assert line.isprintable()


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_option_and_exits_0(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        train(flag, "--model", "cycle_gan")
    text = capsys.readouterr().out
    assert stop.value.code == 0
    assert all(f"--{name}" in text for name in train().to_dict())
    assert "--batchSize" in text and "[channels; default 64]" in text and "examples:" in text
    assert max(map(len, text.splitlines())) <= 120


def test_help_is_about_the_model_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train("--model", "vote", "-h")
    text = capsys.readouterr().out
    assert "--members" in text and "--ngf" not in text


def test_a_field_that_two_components_declare_is_a_mistake_of_the_program() -> None:
    @dataclass(frozen=True)
    class Clash:
        """clash"""

        batch_size: int = 3

    with pytest.raises(TypeError, match="batch_size is declared twice"):
        parse_train([], data=DummyData, models={"cycle_gan": Clash})


def test_every_option_of_the_public_command_line_has_its_row() -> None:
    table = command_line_table(DummyData, MODELS)
    for names in GENERATIONS.values():
        for name in names:
            assert f"| `--{name}` |" in table
    assert "| `--niter` | 2017, 2018, Torch | `--n_epochs`, default 100 | refused: belongs to train.py |" in table


def test_black_is_below_white() -> None:
    with pytest.raises(OptionsError, match="--grey_range 5,5: LOW must be below HIGH"):
        parse_train(["--grey_range", "5,5"], data=DataOptions, models=MODELS)
