from .onnx_file import TOLERANCE, write_onnx
from .onnx_model import OnnxModel, median

__all__ = ["TOLERANCE", "OnnxModel", "median", "write_onnx"]
