"""Reads, checks, batches and simulates images: data set layouts, image files, batches for training and inference.

Models, training, scoring and writing of results are not here.
"""

import lazy_loader

# Each name is imported when it is first used: importing torch is slow. __init__.pyi lists the names.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
