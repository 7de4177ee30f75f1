"""``emoplug ab``: does a stimulus help, on your tasks and with your model?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from emoplug import Emoplug, Settings
from emoplug_emotionprompt._asking import Answered, answers, asker, plan
from emoplug_emotionprompt._endpoint import Endpoint
from emoplug_emotionprompt._memory import Memory
from emoplug_emotionprompt._plugin import SOURCE, Stimuli
from emoplug_emotionprompt._report import ArmReport, report_arms, verdict_of
from emoplug_emotionprompt._results import Results
from emoplug_emotionprompt._show import line, show
from emoplug_emotionprompt._stimuli import arms_of, texts_by_name
from emoplug_emotionprompt._tasks import read_tasks

_GAVE_UP, _INTERRUPTED = 1, 130


def run(
    tasks: Annotated[Path, typer.Argument(help="JSON lines: prompt, answer, and how to match it.")],
    base_url: Annotated[
        str | None,
        typer.Option(help="OpenAI-compatible endpoint.", envvar="OPENAI_BASE_URL"),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model to ask; may be left out where there is only one.")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(help="Key of the endpoint.", envvar="OPENAI_API_KEY")
    ] = None,
    arms: Annotated[
        str, typer.Option(help="Such as EP02,EP02+EP08; all stimuli unless given. None is in.")
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N tasks.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Times to ask each task.")] = 1,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the model.")] = 0.0,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Calls at a time.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of the order of calls and of chance.")] = 0,
    remember: Annotated[
        Path | None, typer.Option(help="Memory to write to: the plugin's option store.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare emotional stimuli with none on your own tasks and model, pair by pair.

    Costs a call for each task, arm and repeat. Own stimuli are those of the settings.
    """
    own = _own_stimuli()
    chosen = arms_of([arm for arm in arms.split(",") if arm.strip()], texts_by_name(own))
    asked = read_tasks(tasks, limit)
    memory = None if remember is None else Memory(remember)
    endpoint = Endpoint(base_url, model, api_key)
    calls = plan(len(asked), len(chosen), repeats, seed)
    head = f"{len(asked)} tasks, {len(chosen)} arms, {endpoint.model} at {endpoint.place}"
    errors = Console(stderr=True)
    line(errors, f"{head}: {len(calls)} calls", "dim")
    results = Results(asked, len(chosen))
    ask = asker(asked, chosen, own, endpoint, temperature)
    done, interrupted = _collect(answers(calls, ask, concurrency), results, len(calls), errors)
    reports = report_arms(chosen, results, endpoint.model, seed)
    if as_json:
        facts = {"model": endpoint.model, "endpoint": endpoint.place, "tasks": len(asked)}
        how = {"repeats": repeats, "temperature": temperature, "seed": seed, "calls": len(calls)}
        typer.echo(_as_json({**facts, **how}, reports, results, done))
    else:
        show(head, reports, results.failures, Console())
    if done < len(calls):
        lost = "" if memory is None else "; nothing is remembered, since a part may mislead"
        line(errors, f"stopped after {done} of {len(calls)} calls{lost}", "yellow")
        raise typer.Exit(_INTERRUPTED if interrupted else _GAVE_UP)
    if memory is not None:
        memory.compare(endpoint.model, {r.text: r.compared for r in reports[1:] if r.tasks})


def _own_stimuli() -> Mapping[str, str]:
    """Answer the own stimuli of the settings, checked as the plugin does."""
    given = Settings.load().options.get(SOURCE, {}).get("own", {})
    checked = Emoplug(plugins=[SOURCE], options={SOURCE: {"own": given}}).plugins[SOURCE]
    return checked.options.own if isinstance(checked, Stimuli) else {}


def _collect(
    answered: Iterator[Answered], results: Results, total: int, errors: Console
) -> tuple[int, bool]:
    """Take in what comes; answer how much came, and whether Ctrl-C ended it."""
    done = 0
    shown = errors.is_terminal
    bar = Progress(console=errors, transient=True, disable=not shown)
    with bar if shown else nullcontext():  # even a bar that is not shown would end with a line
        task = bar.add_task("asking", total=total)
        try:
            for one in answered:
                results.add(one)
                done += 1
                bar.advance(task)
        except KeyboardInterrupt:
            return done, True
    return done, False


def _as_json(
    facts: dict[str, Any], reports: Sequence[ArmReport], results: Results, done: int
) -> str:
    told = {
        **facts,
        "answered": done - len(results.failures),
        "verdict": verdict_of(reports),
        "arms": [report.model_dump() for report in reports],
        "failures": results.failures,
    }
    return json.dumps(told)
