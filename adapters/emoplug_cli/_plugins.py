"""``emoplug plugins``: what is installed, what is on, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug import (
    Emoplug,
    EmoplugError,
    PluginLoadError,
    Settings,
    SettingsError,
    UnknownPluginError,
    available,
    hookspecs,
)
from emoplug_cli._plain import forgive_encodings, one_line

HOOKS = tuple(name for name, value in vars(hookspecs).items() if hasattr(value, "emoplug_spec"))


@dataclass(frozen=True)
class Row:
    """One plugin.

    Attributes:
        name: Its entry point, or what the settings call it.
        order: Its place among those that are on, from 1; ``None`` when off.
        hooks: What it implements, in call order.
        distribution: Who ships it, with the version.
        problem: Why it does not load; empty when it does.
        fix: What to do about that.
        unset: Whether all it lacks is settings.
    """

    name: str
    order: int | None
    hooks: tuple[str, ...]
    distribution: str
    problem: str = ""
    fix: str = ""
    unset: bool = False


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the installed plugins: on or off, order, hooks, and what a broken one needs."""
    forgive_encodings()
    rows = survey(Settings.load(), available())
    screen = Console()
    if as_json:
        # Not through the console, which would wrap lines at the terminal's width.
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    screen.print(_table(rows))
    for row in rows:
        if row.problem:
            style = "red" if row.order else "yellow"
            line = f"{row.name}: {row.problem}; {row.fix}"
            screen.print(Text(line, style=style), soft_wrap=True)  # a pip line is to be copied


def survey(settings: Settings, installed: Mapping[str, EntryPoint]) -> list[Row]:
    """Load every plugin by itself; those that are on come first, in order, then the others."""
    on = {name: order for order, name in enumerate(settings.plugins, start=1)}
    names = [*on, *sorted(set(installed) - set(on))]
    return [_row(name, on.get(name), settings, installed.get(name)) for name in names]


def hooks_of(plugin: object) -> tuple[str, ...]:
    """Answer the hooks that ``plugin`` implements, in call order."""
    return tuple(h for h in HOOKS if hasattr(getattr(plugin, h, None), "emoplug_impl"))


def problem_of(error: Exception) -> tuple[str, str]:
    """Answer what is wrong in one line, and how to mend it."""
    said = one_line(str(error), 600)
    if isinstance(error, PluginLoadError):
        fix = one_line(error.fix)
        return said.removesuffix(f"; {fix}").removeprefix(f"plugin {error.plugin!r} "), fix
    if isinstance(error, UnknownPluginError):
        return said, "install it, or take it out of the plugins in your settings"
    if isinstance(error, EmoplugError):
        problem, _, fix = said.rpartition("; ")
        return (problem, fix) if problem else (said, "mend the settings that name it")
    return f"{type(error).__name__}: {said}", "mend or remove it; see emoplug.testing"


def _row(name: str, order: int | None, settings: Settings, point: EntryPoint | None) -> Row:
    shipped = f"{point.dist.name} {point.dist.version}" if point and point.dist else ""
    options = {name: settings.options[name]} if name in settings.options else {}
    try:
        plugin = Emoplug(plugins=[name], options=options).plugins[name]
    except Exception as error:  # a plugin that is off and broken must not hide the others
        problem, fix = problem_of(error)
        problem = problem.removeprefix(f"plugin {name!r} ")
        unset = isinstance(error, SettingsError) and not options
        return Row(name, order, (), shipped, problem, fix, unset)
    return Row(name, order, hooks_of(plugin), shipped)


def _table(rows: list[Row]) -> Table:
    table = Table("plugin", "on", "hooks", "from", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        state = "off" if row.order is None else f"{row.order}."
        if row.problem:
            hooks = "needs settings" if row.unset else "does not load"
        else:
            hooks = ", ".join(row.hooks) or "none"
        table.add_row(*(Text(cell) for cell in (row.name, state, hooks, row.distribution)))
    return table
