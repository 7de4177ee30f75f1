"""Two small networks on ONNX Runtime: the utterance encoder and the dialogue reader."""

from emoplug_onnx._encoder import Encoder
from emoplug_onnx._plugin import Networks

Options = Networks.Options

__all__ = ["Encoder", "Networks", "Options"]
