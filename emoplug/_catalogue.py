"""The catalogue of installed plugins, and the ordered list of those that are on."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel

from emoplug import hookspecs
from emoplug._errors import (
    PluginLoadError,
    SettingsError,
    UnknownPluginError,
    did_you_mean,
)
from emoplug._settings import validated

GROUP = "emoplug"
HOOKS = tuple(name for name, value in vars(hookspecs).items() if hasattr(value, "emoplug_spec"))
"""Every hook, in call order."""
_EXTRA_OF_MODULE = {
    "onnxruntime": "cpu",
    "tokenizers": "cpu",
    "faiss": "cpu",
    "filelock": "cpu",
    "sentence_transformers": "sbert",
    "torch": "sbert",
    "openai": "openai",
    "sklearn": "eval",
    "scipy": "eval",
    "bm25s": "eval",
    "tiktoken": "tokens",
    "langchain": "langchain",
    "langchain_core": "langchain",
    "langgraph": "langchain",
    "litellm": "litellm",
    "starlette": "server",
    "uvicorn": "server",
    "httpx": "server",
    "prometheus_client": "server",
}


def available() -> dict[str, EntryPoint]:
    """Answer every installed plugin by name; nothing is imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


def load(name: str, options: Mapping[str, Any], permissive_only: bool = False) -> object:
    """Import the installed plugin ``name`` and build it with its ``options``.

    A plugin whose options have a field ``permissive_only`` is told the setting of that name.

    Raises:
        UnknownPluginError: nothing installed answers to ``name``.
        PluginLoadError: a package it needs is missing, or building it failed.
        SettingsError: it does not take these options.
    """
    installed = available()
    if name not in installed:
        raise UnknownPluginError(name, installed)
    point = installed[name]
    try:
        target = point.load()
    except ModuleNotFoundError as error:
        raise _missing(name, error.name, point) from error
    except Exception as error:
        raise PluginLoadError(
            name, f"could not be imported ({type(error).__name__}: {error})", "mend or remove it"
        ) from error
    if permissive_only and "permissive_only" in _fields(target):
        options = {**options, "permissive_only": True}
    return _build(name, target, options, point)


def activate(
    plugins: Sequence[str | object],
    options: Mapping[str, Mapping[str, Any]],
    permissive_only: bool = False,
) -> dict[str, object]:
    """Load the plugins that are on, in order; an object given in place of a name is used as is."""
    active: dict[str, object] = {}
    for entry in plugins:
        name = entry if isinstance(entry, str) else _name(entry)
        if name in active:
            raise SettingsError(f"plugin {name!r} is listed twice; list it once")
        active[name] = (
            load(entry, options.get(name, {}), permissive_only) if isinstance(entry, str) else entry
        )
    for name in options:
        known = {*active, *available()}
        if name not in known:
            raise SettingsError(
                f"options for unknown plugin {name!r}{did_you_mean(name, known)}; "
                f"installed: {', '.join(sorted(known))}"
            )
    return active


def register(active: Mapping[str, object]) -> pluggy.PluginManager:
    """Give the plugins to a manager of their own, checked against the contract.

    pluggy asks the last registered first, so they are registered in reverse.

    Raises:
        PluginLoadError: a plugin implements a hook that does not exist, or not as specified.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    for name, plugin in reversed(list(active.items())):
        unknown = [hook for hook in _implemented(plugin) if hook not in HOOKS]
        if unknown:
            hint = did_you_mean(unknown[0], HOOKS)
            raise PluginLoadError(
                name, f"implements unknown hook {unknown[0]!r}{hint}", f"hooks: {', '.join(HOOKS)}"
            )
        try:
            manager.register(plugin, name=name)
        except pluggy.PluginValidationError as error:
            raise PluginLoadError(
                name, f"does not fit the contract: {error}", "see emoplug.hookspecs"
            ) from error
    return manager


def _implemented(plugin: object) -> list[str]:
    return [n for n in dir(plugin) if hasattr(inspect.getattr_static(plugin, n), "emoplug_impl")]


def _build(name: str, target: Any, options: Mapping[str, Any], point: EntryPoint) -> object:
    if not inspect.isclass(target):
        if options:
            raise SettingsError(f"plugin {name!r} takes no options; remove {sorted(options)}")
        return target
    model: type[BaseModel] | None = getattr(target, "Options", None)
    if model is None and options:
        raise SettingsError(f"plugin {name!r} takes no options; remove {sorted(options)}")
    chosen = () if model is None else (validated(model, options, f"options of plugin {name!r}"),)
    try:
        built: object = target(*chosen)
    except ModuleNotFoundError as error:
        raise _missing(name, error.name, point) from error
    return built


def _fields(target: Any) -> Iterable[str]:
    model: type[BaseModel] | None = getattr(target, "Options", None)
    return () if model is None else model.model_fields


def _missing(name: str, module: str | None, point: EntryPoint) -> PluginLoadError:
    return PluginLoadError(
        name, f"needs {module}, which is not installed", _fix(module, point), module
    )


def _fix(module: str | None, point: EntryPoint) -> str:
    distribution = point.dist.name if point.dist else GROUP
    if distribution != GROUP:
        return f"try: pip install --upgrade {distribution!r}"
    return f"try: pip install {missing_extra(module)!r}"


def missing_extra(module: str | None) -> str:
    """Name the requirement that brings ``module``, such as ``emoplug[cpu]``."""
    extra = _EXTRA_OF_MODULE.get((module or "").split(".")[0])
    return f"emoplug[{extra}]" if extra else str(module or GROUP)


def _name(plugin: object) -> str:
    if isinstance(plugin, ModuleType):
        return plugin.__name__.removeprefix("emoplug_")
    return str(getattr(plugin, "name", type(plugin).__name__.lower()))
