"""Versions and devices of this machine, found without importing anything heavy."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata

from emoplug import no_telemetry
from emoplug_cli._plain import one_line

PACKAGES = (
    "emoplug",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "tokenizers",
    "faiss-cpu",
    "faiss-gpu",
    "openai",
    "sentence-transformers",
    "torch",
)
TWINS = (("onnxruntime", "onnxruntime-gpu"), ("faiss-cpu", "faiss-gpu"))
"""Distributions that own the same module: the one installed last overwrites the other's files."""


def versions() -> dict[str, str]:
    """Answer the version of Python and of each installed package of interest."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def twins(installed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Answer pairs of packages in ``installed`` that overwrite each other."""
    return [pair for pair in TWINS if all(name in installed for name in pair)]


def providers() -> tuple[list[str], str]:
    """Answer the devices that ONNX Runtime offers, or why there are none."""
    no_telemetry()
    try:
        import onnxruntime
    except Exception as error:  # a broken install raises more than ImportError
        return [], one_line(f"cannot be imported ({type(error).__name__}: {error})")
    try:
        return list(onnxruntime.get_available_providers()), ""
    except AttributeError:  # uninstalling one of two twins leaves an empty module behind
        return [], "is installed but empty"
