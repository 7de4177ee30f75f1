"""Keeps the libraries that plugins load from telling their makers about the process."""

from __future__ import annotations

import os
import sys

ORT_DISABLE_TELEMETRY = "ORT_DISABLE_TELEMETRY"
"""ONNX Runtime's own variable, which it reads once, when it is imported."""


def no_telemetry() -> None:
    """Turn off what ONNX Runtime reports to Microsoft; call this before importing it.

    Its official builds do so from version 1.29 on, and for that keep a device id and a database in
    the user's cache folder and a thread of their own (its ``Privacy.md``). Who sets the variable,
    to whatever value, decides; where the app has imported it before, its events are turned off as
    far as it still lets them be.
    """
    if ORT_DISABLE_TELEMETRY in os.environ:
        return
    os.environ[ORT_DISABLE_TELEMETRY] = "1"
    # What is left of it where one of two twins was uninstalled is a module without anything.
    turn_off = getattr(sys.modules.get("onnxruntime"), "disable_telemetry_events", None)
    if turn_off is not None:
        turn_off()
