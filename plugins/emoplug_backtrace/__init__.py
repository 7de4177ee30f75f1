"""Traces a question or a feeling back to the segment that caused it."""

from emoplug_backtrace._backtracer import Backtracer, Scorer
from emoplug_backtrace._likelihood import Likelihood
from emoplug_backtrace._lm import LanguageModel
from emoplug_backtrace._lm_onnx import OnnxModel
from emoplug_backtrace._lm_transformers import TransformersModel
from emoplug_backtrace._plugin import Backtrace
from emoplug_backtrace._segments import Segment, read_segments

Options = Backtrace.Options

__all__ = [
    "Backtrace",
    "Backtracer",
    "LanguageModel",
    "Likelihood",
    "OnnxModel",
    "Options",
    "Scorer",
    "Segment",
    "TransformersModel",
    "read_segments",
]
