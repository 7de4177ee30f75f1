"""Settings: from code, or on request from the environment and TOML files."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from emoplug._errors import SettingsError, did_you_mean
from emoplug._types import FrozenDict

ENV_PREFIX = "EMOPLUG_"
FILE_NAME = "emoplug.toml"

Model = TypeVar("Model", bound=BaseModel)
OnError = Literal["degrade", "raise"]
PluginOptions = Annotated[
    Mapping[str, Mapping[str, Any]],
    AfterValidator(lambda options: FrozenDict({k: FrozenDict(v) for k, v in options.items()})),
]


class Settings(BaseModel):
    """What is on, and how it behaves.

    Attributes:
        plugins: Entry-point names, first asked first.
        options: Per plugin name, its own options.
        deadline: Seconds a caller waits for ``prepare`` or ``review`` at most.
        on_error: ``degrade`` skips a failing plugin and says so; ``raise`` raises.
        token_budget: Most tokens of guidance added to a request.
        model: Name of the model that answers, where a call does not say; its tokens are counted
            exactly where tiktoken has its tokenizer.
        together: Encode the texts of turns that wait while the processor is busy with those of a
            turn that does not: a third less work, and what else is in a batch changes the last
            digits of most encoders.
        permissive_only: Run without weights whose data forbid commercial use or ask for the same
            licence; plugins then fall back on rules and on weights from permissive data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plugins: tuple[str, ...] = ("onnx", "emotion", "cause", "safety", "strategy", "hef")
    options: PluginOptions = FrozenDict()
    deadline: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    on_error: OnError = "degrade"
    token_budget: int = Field(default=200, ge=0)
    model: str | None = None
    together: bool = True
    permissive_only: bool = False

    @classmethod
    def build(cls, **values: Any) -> Settings:
        """Make settings from code.

        Raises:
            SettingsError: for an unknown key or a wrong value, with the nearest valid name.
        """
        return validated(cls, values, "settings")

    @classmethod
    def load(cls, start: Path | None = None, **overrides: Any) -> Settings:
        """Read settings, strongest first: ``overrides``, ``EMOPLUG_*``, emoplug.toml, pyproject.

        Variables that begin with the name of an installed adapter are left to it. Files are
        looked for in ``start`` (default: the working folder) and then its parents; the nearest
        of each kind counts. A nested option is ``EMOPLUG_OPTIONS__ONNX__DEVICE=cpu``, a
        list is JSON: ``EMOPLUG_PLUGINS='["onnx", "emotion"]'``.

        Raises:
            SettingsError: for an unknown key or variable, a wrong value or an unreadable file.
        """
        from emoplug._sources import read_sources  # pydantic-settings: only when asked for

        _refuse_unknown_variables(cls.model_fields)
        return validated(cls, read_sources(cls, start or Path.cwd(), overrides), "settings")


def validated(model: type[Model], values: Mapping[str, Any], what: str) -> Model:
    """Build ``model``, turning pydantic's report into one sentence that names the fix."""
    try:
        return model(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            raise SettingsError(_unknown(what, name, model.model_fields)) from error
        raise SettingsError(
            f"{what}: {name} = {problem['input']!r} is wrong: {problem['msg']}"
        ) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, naming it in the error when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}; mend or remove it") from error


def _refuse_unknown_variables(fields: Iterable[str]) -> None:
    valid = [ENV_PREFIX + name.upper() for name in fields]
    for variable in os.environ:
        if variable.upper().startswith(ENV_PREFIX):
            if variable.upper().split("__")[0] not in valid and not _is_an_adapters(variable):
                raise SettingsError(_unknown("environment", variable, valid))


def _is_an_adapters(variable: str) -> bool:
    """Tell whether ``variable`` is read by an adapter: ``EMOPLUG_SERVER_PORT`` by emoplug_server.

    Plugins have no variables of their own: their options are ``EMOPLUG_OPTIONS__<PLUGIN>__``.
    """
    name = variable[len(ENV_PREFIX) :].lower().split("_")[0]
    plugins = {point.name for point in entry_points(group="emoplug")}
    return name not in plugins and find_spec(f"emoplug_{name}") is not None


def _unknown(what: str, name: str, valid: Iterable[str]) -> str:
    names = sorted(valid)
    return f"{what}: unknown key {name!r}{did_you_mean(name, names)}; valid: {', '.join(names)}"
