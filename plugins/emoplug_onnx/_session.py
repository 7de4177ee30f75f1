"""Opens the network on the device that was asked for, and says so when it is another."""

from __future__ import annotations

import logging
import os
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emoplug import DeviceError, WeightsError, no_telemetry

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Device = Literal["auto", "cpu", "cuda"]
Fallback = Literal["raise", "warn"]
log = logging.getLogger("emoplug.onnx")

if find_spec("onnxruntime") is None:  # to be told when the plugin is loaded, not when it is used
    raise ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_SLOW = ["SkipLayerNormFusion"]
"""The fused operator takes eight times as long as the two it stands for, a fifth of a pass."""
_FIX = "install 'emoplug[gpu]' with its CUDA libraries, or set device=\"cpu\""


def open_session(
    model: Path, content: bytes, device: Device, fallback: Fallback, threads: int
) -> InferenceSession:
    """Load the network that was read from ``model``; ``auto`` takes CUDA where it works.

    ONNX Runtime is imported here and no sooner, without its telemetry: with it, it starts threads,
    and a process that was forked after that hangs in its exit.

    Raises:
        DeviceError: CUDA was asked for, is not in use, and ``fallback`` is ``raise``.
        WeightsError: the file is no network that ONNX Runtime can load.
    """
    no_telemetry()
    import onnxruntime

    offered = onnxruntime.get_available_providers()
    if device == "cuda" and CUDA not in offered:
        _fall_back(f"this onnxruntime offers {', '.join(offered)}, not CUDA; {_FIX}", fallback)
    wanted = [CUDA, CPU] if device != "cpu" and CUDA in offered else [CPU]
    session = _load(model, content, wanted, threads)
    used = session.get_providers()[0]
    if used != wanted[0]:
        problem = f"asked for {wanted[0]}, ONNX Runtime took {used}; {_FIX}"
        if device == "cuda":
            _fall_back(problem, fallback)
        else:
            log.warning("%s", problem)
    return session


def threads_for(asked: int) -> int:
    """Answer how many threads one pass uses; 0 leaves the choice to us.

    Half of the cores then, since the two networks run beside each other, and so do callers: more
    would wait for one another.
    """
    return asked or max(1, min(4, (os.cpu_count() or 1) // 2))


def passes_for(threads: int) -> int:
    """Answer how many passes of so many threads the cores can run at a time."""
    return max(1, (os.cpu_count() or 1) // threads_for(threads))


def _load(model: Path, content: bytes, providers: list[str], threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads_for(threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle worker threads that spin would take the processor from the host application.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            content, options, providers=providers, disabled_optimizers=_SLOW
        )
        # It would keep the file in memory to begin anew on another device after a failure.
        session.disable_fallback()
        session._model_bytes = None
        return session
    except Exception as error:  # its exceptions share no base
        raise WeightsError(
            f"{model} cannot be loaded ({type(error).__name__}: {error}); "
            "reinstall emoplug or fetch the weights again"
        ) from error


def _fall_back(problem: str, fallback: Fallback) -> None:
    if fallback == "raise":
        raise DeviceError(problem)
    warnings.warn(problem, RuntimeWarning, stacklevel=4)
