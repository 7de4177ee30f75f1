"""Encodes texts in one pass: sentence embedding, 28 emotions, affect. ONNX Runtime, CPU or CUDA."""

from emoplug_onnx._encoder import Encoder

Options = Encoder.Options

__all__ = ["Encoder", "Options"]
