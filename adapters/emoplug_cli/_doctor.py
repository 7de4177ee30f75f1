"""``emoplug doctor``: does all that is switched on work here, and how fast?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from emoplug import EmoplugError, Settings
from emoplug_cli._examine import Report, examine_machine, examine_settings
from emoplug_cli._plain import forgive_encodings, plain

_NO_DEVICES = "nothing, it does not import; try: pip install 'emoplug[cpu]' or 'emoplug[gpu]'"


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Examine versions, devices, models and speed; exit code 1 when something that is on fails."""
    forgive_encodings()
    report = Report()
    examine_machine(report)
    try:
        examine_settings(report, Settings.load())
    except EmoplugError as error:
        report.fails("settings", error)
    if as_json:
        # Not through the console, which would wrap lines at the terminal's width.
        typer.echo(json.dumps({"ok": report.ok, **asdict(report)}, indent=2))
    else:
        show(report, Console())
    if not report.ok:
        raise typer.Exit(1)


def show(report: Report, screen: Console) -> None:
    """Print ``report`` for people."""
    _section(screen, "versions", report.versions)
    offered = ", ".join(report.devices) or _NO_DEVICES
    _section(screen, "devices", {"onnxruntime offers": offered})
    for name, facts in report.plugins.items():
        _section(screen, f"plugin {name}", facts)
    timing = {f"one {stage}": f"{spent:.2f} ms" for stage, spent in report.timing.items()}
    _section(screen, "timing (warm, median)", timing)
    for finding in report.findings:
        style = "bold red" if finding.level == "failure" else "yellow"
        line = f"{finding.level}: {finding.part}: {finding.problem}"
        screen.print(Text(line, style=style), soft_wrap=True)
        screen.print(Text(f"  fix: {finding.fix}"), soft_wrap=True)
    verdict = "all that is on works" if report.ok else "something that is on does not work"
    screen.print(Text(verdict, style="green" if report.ok else "red"))


def _section(screen: Console, title: str, facts: Mapping[str, str]) -> None:
    screen.print(Text(title, style="bold"))
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        screen.print(Text(plain(f"  {name:<{width}}  {value}")), soft_wrap=True)
