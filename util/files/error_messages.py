"""What the machine denied in the middle of a run, in one line with advice."""

import errno

OUT_OF_MEMORY = (
    "out of memory",
    "start new thread",
    "can't allocate memory",
    "not enough memory",
    "Cannot allocate memory",
)
TOO_SMALL = ("Kernel size can't be greater", "more than 1 spatial element", "Padding size should be less")
WORKER_DIED = ("DataLoader worker (pid",)


def explain_error(error: Exception) -> str:
    """One line for what the machine denied; raises `error` itself if it is anything else, which is a defect."""
    said = str(error)
    if any(words in said for words in WORKER_DIED):
        return (
            "a process that reads images was ended, often because memory ran out; what was saved before is kept. "
            "Training goes on with --continue_train --num_threads 0"
        )
    if isinstance(error, MemoryError) or any(words in said for words in OUT_OF_MEMORY):
        return (
            "out of memory; what was saved before is kept. Try a smaller --batch_size, smaller networks, or "
            "--max_dataset_size"
        )
    if "more than 1 value per channel" in said:
        return (
            "a batch, or what is left for the last one, is a single image, which batch norm cannot learn from: give "
            "another --batch_size"
        )
    if any(words in said for words in TOO_SMALL):
        return "the images are too small for these networks: give larger ones, or fewer layers"
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
        advice = "; what was saved before is kept: make room, then say the same again" if full else ""
        return f"{error.filename}: {error.strerror}{advice}" if error.filename else f"{said}{advice}"
    raise error
