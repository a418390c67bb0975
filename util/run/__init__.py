"""One run: its folder and lock, checkpoints, training state, logs, signals, device, disk space, processes.

Models and batches are passed in; what a user sees of a training is in `monitor`.
"""

import lazy_loader

# Each name is imported when it is first used: importing torch is slow. __init__.pyi lists the names.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
