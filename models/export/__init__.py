"""The command `python -m models.export`: writes a trained run as one ONNX file.

Post-processing as the programs apply it is in models/postprocessing; here it is written in operations that ONNX has.
"""

import lazy_loader

# Each name is imported when it is first used: importing torch is slow. __init__.pyi lists the names.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
