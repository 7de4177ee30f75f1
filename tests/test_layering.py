from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = {"emoplug", "numpy", "pluggy", "pydantic", "pydantic_settings", *sys.stdlib_module_names}
FRONT = {"emoplug", "emoplug.hookspecs", "emoplug.index", "emoplug.store", "emoplug.testing"}
PACKAGES = sorted(
    path.parent for top in ("plugins", "adapters") for path in ROOT.glob(f"{top}/*/__init__.py")
)


def imports(folder: Path) -> set[str]:
    """Every module imported anywhere under ``folder``, inside functions too."""
    return {name for path in folder.rglob("*.py") for name in imports_of(path)}


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_core_imports_only_itself_and_its_four_dependencies() -> None:
    telemetry = ROOT / "emoplug" / "_otel.py"  # imported where its API is installed, and alone
    found = {
        name.split(".")[0]
        for path in (ROOT / "emoplug").rglob("*.py")
        for name in imports_of(path)
        if path != telemetry
    }
    assert found <= CORE
    assert {name.split(".")[0] for name in imports_of(telemetry)} <= {*CORE, "opentelemetry"}


def test_nothing_else_in_the_core_imports_the_index() -> None:
    for path in (ROOT / "emoplug").glob("*.py"):
        assert "emoplug.index" not in imports_of(path), path.name


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_plugins_and_adapters_know_the_front_door_and_nobody_else(package: Path) -> None:
    ours = {name for name in imports(package) if name.split(".")[0].startswith("emoplug")}
    others = {name for name in ours if name.split(".")[0] != package.name}
    assert others <= FRONT


def test_every_package_is_shipped_and_every_plugin_has_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert {path.relative_to(ROOT).as_posix() for path in PACKAGES} == listed - {"emoplug"}
    plugins = {p.name.removeprefix("emoplug_") for p in PACKAGES if p.parent.name == "plugins"}
    assert plugins == {p.name for p in entry_points(group="emoplug") if p.value[:8] == "emoplug_"}


def test_core_dependencies_are_a_closed_list() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {requirement.split(">")[0] for requirement in project["dependencies"]}
    assert names == {"pluggy", "pydantic", "pydantic-settings", "numpy"}
