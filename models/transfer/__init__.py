"""Weights that were trained elsewhere: which flags describe them, and starting a new run from them.

Reading a file of weights is not here: that is models/networks/weights.py.
"""

import lazy_loader

# Each name is imported when it is first used: importing torch is slow. __init__.pyi lists the names.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
