"""Commands that other packages bring, by the entry-point group ``emoplug.commands``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from emoplug import EmoplugError, missing_extra

GROUP = "emoplug.commands"
_OURS = "emoplug"


class Commands(TyperGroup):
    """Our commands, then those brought; these are imported when called, or when help is shown."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands."""
        ours = super().list_commands(ctx)
        return [*ours, *sorted(set(_brought()) - set(ours))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Answer a command, or nothing where there is none of that name."""
        command = super().get_command(ctx, cmd_name)
        point = _brought().get(cmd_name)
        return command if command is not None or point is None else _command(point)


def _brought() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _command(point: EntryPoint) -> Any:
    """Make a command of what ``point`` names, a function or a ``Typer`` of several.

    One that is broken says so when run.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    try:
        loaded = point.load()
        if isinstance(loaded, typer.Typer):
            return get_command(loaded)
        app.command(point.name)(loaded)
    except Exception as error:  # a broken command must not break the help of the others
        options = {"allow_extra_args": True, "ignore_unknown_options": True}
        said = _problem(point, error)
        app.command(point.name, help=said, context_settings=options)(_refusal(said, error))
    return get_command(app)


def _refusal(problem: str, cause: Exception) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        raise EmoplugError(problem) from cause

    return refuse


def _problem(point: EntryPoint, error: Exception) -> str:
    shipped_by = point.dist.name if point.dist else _OURS
    if isinstance(error, ModuleNotFoundError):
        fix = missing_extra(error.name) if shipped_by == _OURS else shipped_by
        problem = f"needs {error.name}, which is not installed; try: pip install {fix!r}"
    else:
        problem = f"could not be imported ({type(error).__name__}: {error}); mend or remove it"
    return f"the command {point.name!r} of {shipped_by} {problem}"
