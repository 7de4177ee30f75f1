"""What SECURITY.md promises of the source, and that what it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = [
    path for top in ("emoplug", "plugins", "adapters") for path in (ROOT / top).rglob("*.py")
]
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


def named(call: ast.Call) -> str:
    """Answer the dotted name of what is called, as far as it is one."""
    return ast.unparse(call.func)


def keywords(call: ast.Call) -> dict[str | None, str]:
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}


def test_nothing_that_ships_unpickles_or_runs_text() -> None:
    assert len(SOURCES) > 100
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not UNSAFE_MODULES & {alias.name.split(".")[0] for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in UNSAFE_MODULES, path
            elif isinstance(node, ast.Call):
                assert named(node) not in UNSAFE_CALLS, f"{path}:{node.lineno}"


def test_what_loads_tensors_and_arrays_refuses_objects() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            where = f"{path}:{node.lineno}"
            if named(node) == "torch.load":
                assert keywords(node).get("weights_only") == "True", where
            if named(node) in ("np.load", "numpy.load"):
                assert keywords(node).get("allow_pickle", "False") == "False", where
            if named(node).startswith("yaml."):
                assert named(node) == "yaml.safe_load", where
            assert keywords(node).get("shell", "False") == "False", where


def test_every_test_that_security_names_is_there() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    tests = re.findall(r"`(tests/[\w/]+\.py)`", page)
    assert len(tests) > 10
    assert [name for name in tests if not (ROOT / name).is_file()] == []
