"""Where settings come from when asked for: the environment and two TOML files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError as UnreadableSource

from emoplug._errors import SettingsError
from emoplug._settings import ENV_PREFIX, FILE_NAME, read_toml


def read_sources(
    model: type[BaseModel], start: Path, overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """Merge every source into one mapping, the strongest winning key by key."""
    layers = [_pyproject(start), _own_file(start), _environment(model), dict(overrides)]
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _deep_merge(merged, layer)
    return merged


def _environment(model: type[BaseModel]) -> dict[str, Any]:
    config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_nested_delimiter="__")
    names: dict[str, Any] = {
        name: (field.annotation, field) for name, field in model.model_fields.items()
    }
    shape = type(
        "Environment",
        (BaseSettings,),
        {
            "__module__": __name__,
            "__annotations__": {name: annotation for name, (annotation, _) in names.items()},
            "model_config": config,
            **{name: field for name, (_, field) in names.items()},
        },
    )
    source: PydanticBaseSettingsSource = EnvSettingsSource(shape)
    try:
        return dict(source())
    except UnreadableSource as error:
        raise SettingsError(
            f"environment: {error}; lists and tables are written as JSON"
        ) from error


def _own_file(start: Path) -> dict[str, Any]:
    path = _nearest(start, FILE_NAME)
    return read_toml(path) if path else {}


def _pyproject(start: Path) -> dict[str, Any]:
    path = _nearest(start, "pyproject.toml")
    if path is None:
        return {}
    table = read_toml(path).get("tool", {}).get("emoplug", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [tool.emoplug] must be a table")
    return table


def _nearest(start: Path, name: str) -> Path | None:
    return next((f / name for f in (start, *start.parents) if (f / name).is_file()), None)


def _deep_merge(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(weak)
    for key, value in strong.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _deep_merge(below, value) if both else value  # type: ignore[arg-type]  # checked
    return merged
