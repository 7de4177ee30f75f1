"""Tries every part that is on, and tells what does not work and how to mend it."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from emoplug import Degraded, Emoplug, Settings, Turn
from emoplug_cli._machine import TWINS, providers, twins, versions
from emoplug_cli._plain import one_line
from emoplug_cli._plugins import hooks_of, problem_of

_RUNS = 9
_WORDS = "text {}: I had hoped to hear from her today, and now the evening feels longer than it is"
CUDA = "CUDA"


@dataclass(frozen=True)
class Finding:
    """Something wrong: a ``failure`` of what is on, or a ``warning`` of what may go wrong."""

    level: Literal["failure", "warning"]
    part: str
    problem: str
    fix: str


@dataclass
class Report:
    """All that was found.

    Attributes:
        versions: Package or ``python`` or ``platform`` to version.
        devices: What ONNX Runtime offers.
        plugins: Facts of each plugin that is on.
        timing: Median milliseconds, warm, of ``encode`` (one text) and ``prepare`` (one message).
        findings: What is wrong; empty when all is well.
    """

    versions: dict[str, str] = field(default_factory=versions)
    devices: list[str] = field(default_factory=list)
    plugins: dict[str, dict[str, str]] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all that is on works."""
        return all(finding.level != "failure" for finding in self.findings)

    def fails(self, part: str, error: Exception) -> None:
        """Note that ``part`` does not work."""
        self.findings.append(Finding("failure", part, *problem_of(error)))

    def warns(self, part: str, problem: str, fix: str) -> None:
        """Note that ``part`` may not do what was meant."""
        self.findings.append(Finding("warning", part, problem, fix))


def examine_machine(report: Report) -> None:
    """Look at versions and devices."""
    for first, second in twins(report.versions):
        report.warns(
            "install",
            f"{first} and {second} are both installed and overwrite each other's files",
            f"pip uninstall -y {first} {second}, then install the one you want again",
        )
    report.devices, problem = providers()
    present = [name for name in TWINS[0] if name in report.versions]
    if problem and present:
        report.warns("onnxruntime", problem, f"pip install --force-reinstall {present[-1]}")


def examine_settings(report: Report, settings: Settings) -> None:
    """Build what the settings name, leaving out what does not load, and try the rest."""
    loading: list[str] = []
    for name in settings.plugins:
        report.plugins[name] = {}
        options = {name: settings.options[name]} if name in settings.options else {}
        try:
            Emoplug(plugins=[name], options=options)
        except Exception as error:  # each failing part is a finding, whatever it raises
            report.fails(name, error)
        else:
            loading.append(name)
    try:
        emo = Emoplug(settings, plugins=loading, on_error="degrade")
    except Exception as error:  # such as options for a plugin that does not exist
        report.fails("settings", error)
        return
    examine(report, emo)


def examine(report: Report, emo: Emoplug) -> None:
    """Load the models, ask every plugin for its facts, and time some turns."""
    broken = {name for name, plugin in emo.plugins.items() if not _works(report, name, plugin)}
    for name, facts in report.plugins.items():
        _check_device(report, name, facts)
    _time(report, emo, broken)
    readers = [name for name, plugin in emo.plugins.items() if "read" in hooks_of(plugin)]
    encoders = [name for name, plugin in emo.plugins.items() if "encode" in hooks_of(plugin)]
    if readers and not encoders:
        report.warns(
            ", ".join(readers),
            "no plugin that is on encodes, so there may be nothing to read from",
            'put an encoder such as "onnx" first in the plugins',
        )


def _works(report: Report, name: str, plugin: object) -> bool:
    """Warm ``plugin`` up and take its facts; a problem is noted once."""
    facts = report.plugins.setdefault(name, {})
    facts["hooks"] = ", ".join(hooks_of(plugin))
    try:
        with _warnings_noted(report, name):
            getattr(plugin, "warm_up", _nothing)()
            told: Mapping[str, str] = getattr(plugin, "diagnose", _nothing)()
            facts.update({str(name): str(fact) for name, fact in told.items()})
    except Exception as error:  # whatever it raises, the others are examined too
        report.fails(name, error)
        return False
    return True


def _nothing() -> Mapping[str, str]:
    return {}


@contextmanager
def _warnings_noted(report: Report, name: str) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        problem, _, fix = one_line(str(warning.message), 600).rpartition("; ")
        report.warns(name, problem or fix, fix if problem else "see the plugin's options")


def _check_device(report: Report, name: str, facts: Mapping[str, str]) -> None:
    """Compare the device asked for with the one in use, where the plugin tells both."""
    asked, used = facts.get("device asked for", ""), facts.get("provider in use", "")
    fix = f'install the CUDA libraries, or set device = "cpu" in the options of {name}'
    if asked == "cuda" and used and CUDA not in used:
        report.findings.append(
            Finding("failure", name, f"cuda was asked for, {used} is in use", fix)
        )
    elif asked == "auto" and used and CUDA not in used and any(CUDA in d for d in report.devices):
        report.warns(name, f"CUDA is offered, {used} is in use", fix)


def _time(report: Report, emo: Emoplug, broken: set[str]) -> None:
    turns = [emo.prepare([{"role": "user", "content": _WORDS.format(n)}]) for n in range(_RUNS)]
    if any("encode" in turn.timings and turn.encoding for turn in turns):
        report.timing["encode"] = _median(turns, ["encode"])
    report.timing["prepare"] = _median(turns, [])
    skipped: dict[str, Degraded] = {}
    for one in (one for turn in turns for one in turn.degraded):
        skipped.setdefault(one.plugin, one)  # the first tells why; later ones may say "busy"
    for name, one in skipped.items():
        if name in broken:  # known by its own, clearer words
            continue
        late = one.reason.startswith("deadline")
        fix = "raise the deadline in the settings" if late else "mend it, or take it out"
        problem = f"skipped in {one.hook}: {one_line(one.reason)}"
        report.findings.append(Finding("failure", name, problem, fix))


def _median(turns: list[Turn], stages: list[str]) -> float:
    """Answer the median milliseconds of ``stages``, or of all of them."""
    seconds = [sum(turn.timings.get(s, 0.0) for s in stages or turn.timings) for turn in turns]
    return round(statistics.median(seconds) * 1000, 3)
