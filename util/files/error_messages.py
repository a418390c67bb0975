"""Wording of messages: counts, and errors of the machine (no memory, full disk, killed worker) in one line."""

import errno

OUT_OF_MEMORY = (
    "out of memory",
    "start new thread",
    "can't allocate memory",
    "not enough memory",
    "Cannot allocate memory",
)
IMAGE_TOO_SMALL = ("Kernel size can't be greater", "more than 1 spatial element", "Padding size should be less")
WORKER_DIED = ("DataLoader worker (pid",)


def explain_error(error: Exception) -> str:
    """Explains an error of the machine in one line; raises any other `error` again, because that is a bug."""
    message = str(error)
    if any(words in message for words in WORKER_DIED):
        return (
            "a worker process that reads images was killed, often because memory ran out; earlier checkpoints are "
            "kept. Continue with --continue_train --num_threads 0"
        )
    if isinstance(error, MemoryError) or any(words in message for words in OUT_OF_MEMORY):
        return (
            "out of memory; earlier checkpoints are kept. Use a smaller --batch_size, smaller networks, or "
            "--max_dataset_size"
        )
    if "more than 1 value per channel" in message:
        return (
            "a batch (perhaps the last one) has a single image, and batch norm needs at least two: "
            "use another --batch_size"
        )
    if any(words in message for words in IMAGE_TOO_SMALL):
        return "the images are too small for these networks: use larger images or fewer layers"
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
        advice = "; earlier files are kept. Free disk space, then run the same command" if full else ""
        return f"{error.filename}: {error.strerror}{advice}" if error.filename else f"{message}{advice}"
    raise error


def counted(count: int, noun: str) -> str:
    """A count and what is counted: 1 image, 2 images, 1,000 images; batch has the plural batches."""
    plural = "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{count:,} {noun}" + plural * (count != 1)
