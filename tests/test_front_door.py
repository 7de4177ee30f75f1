from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import emoplug

HEAVY = ("torch", "transformers", "onnxruntime", "faiss", "sentence_transformers", "numpy")


def run_python(code: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=cwd
    )
    return done.stdout.strip()


def test_everything_in_all_can_be_had() -> None:
    for name in emoplug.__all__:
        assert getattr(emoplug, name) is not None


def test_all_is_complete() -> None:
    public = {
        name
        for module in ("_errors", "_types", "_turn", "_emoplug", "_exchange")
        for name, value in vars(__import__(f"emoplug.{module}", fromlist=["x"])).items()
        if inspect.isclass(value) and value.__module__.startswith("emoplug.") and name[0] != "_"
    }
    internal = {
        "Value",
        "FrozenDict",
        "Attempt",
        "Batcher",
        "Call",
        "Callers",
        "Overruns",
        "Places",
        "Request",
        "Workers",
        "Review",
    }
    assert public - internal <= set(emoplug.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Emoplgu"):
        emoplug.Emoplgu  # noqa: B018


def test_importing_loads_nothing_heavy() -> None:
    code = f"import sys, emoplug; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert run_python(code) == "[]"


def test_the_classes_load_no_model_library_and_no_settings_source() -> None:
    heavy = (*HEAVY, "pydantic_settings")
    code = (
        "import sys; from emoplug import Emoplug, Settings, Turn; "
        f"Emoplug(plugins=[]); print([m for m in {heavy!r} if m in sys.modules])"
    )
    assert run_python(code) == "[]"


def test_importing_changes_no_environment_warning_filter_logger_or_signal() -> None:
    code = (
        "import os, sys, warnings, logging, signal, threading\n"
        "state = lambda: (dict(os.environ), list(warnings.filters), logging.root.handlers[:],"
        " logging.root.level, signal.getsignal(signal.SIGINT), threading.active_count())\n"
        "import re, typing, dataclasses\n"
        "before = state(); import emoplug; print(before == state())"
    )
    assert run_python(code) == "True"


def test_settings_files_are_not_read_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "emoplug.toml").write_text("nonsense = ")
    code = "from emoplug import Emoplug; print(Emoplug(plugins=[]).settings.deadline)"
    assert run_python(code, cwd=tmp_path) == "1.0"
