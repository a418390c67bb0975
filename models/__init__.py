"""Models that turn SEM images into depth maps, their registry, and `Predictor` with its post-processing.

Reading image files, the training loop and all writing of results live elsewhere: in data, train.py and util.
"""

import lazy_loader

# Each name is imported when it is first used: importing torch is slow. __init__.pyi lists the names.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
