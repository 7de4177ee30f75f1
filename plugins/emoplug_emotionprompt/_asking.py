"""Asks every task under every arm, several at a time; what was got survives an interruption."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from emoplug import Emoplug
from emoplug_emotionprompt._endpoint import Endpoint, EndpointError, Said
from emoplug_emotionprompt._plugin import Stimuli
from emoplug_emotionprompt._stimuli import Arm
from emoplug_emotionprompt._tasks import Task
from emoplug_emotionprompt._threads import together

_ROOM = 100_000
"""Token budget: an arm is told whole, or the comparison would be of something else."""
_DEADLINE = 60.0
GIVE_UP = 10
"""Failures in a row after which the rest is not tried."""


@dataclass(frozen=True)
class Call:
    """One request: which task, under which arm, for the how manieth time."""

    task: int
    arm: int
    repeat: int


Answered = tuple[Call, Said | EndpointError]
Ask = Callable[[Call], Said]


def plan(tasks: int, arms: int, repeats: int, seed: int) -> list[Call]:
    """Answer all calls, task by task, so that what is done is paired; arms in random order.

    A server that warms up, or drifts, then favours no arm.
    """
    generator = np.random.default_rng(seed)
    return [
        Call(task, int(arm), repeat)
        for task in range(tasks)
        for repeat in range(repeats)
        for arm in generator.permutation(arms)
    ]


def asker(
    tasks: Sequence[Task],
    arms: Sequence[Arm],
    own: Mapping[str, str],
    endpoint: Endpoint,
    temperature: float,
) -> Ask:
    """Answer what makes a call: the prompt as the plugin makes it in production, then the model."""
    prepared = [_emoplug(arm, own) for arm in arms]

    def ask(call: Call) -> Said:
        messages = tasks[call.task].messages
        turn = prepared[call.arm].prepare(messages, model=endpoint.model)
        sent: list[dict[str, Any]] = [
            message.model_dump(include={"role", "content", "name"}, exclude_none=True)
            for message in turn.request_messages
        ]
        return endpoint.ask(sent, temperature)

    return ask


def answers(calls: Sequence[Call], ask: Ask, concurrency: int) -> Iterator[Answered]:
    """Make ``calls`` and answer each as it ends, errors too; stops after ``GIVE_UP`` in a row.

    The first is made alone: what is wrong with the endpoint, or the key, shows there.

    Raises:
        EndpointError: the first call failed.
    """
    if not calls:
        return
    yield calls[0], ask(calls[0])
    failed = 0
    for call, said in together(calls[1:], partial(_tried, ask), concurrency):
        failed = failed + 1 if isinstance(said, EndpointError) else 0
        yield call, said
        if failed == GIVE_UP:
            return


def _tried(ask: Ask, call: Call) -> Answered:
    try:
        return call, ask(call)
    except EndpointError as error:
        return call, error


def _emoplug(arm: Arm, own: Mapping[str, str]) -> Emoplug:
    """Answer an ``Emoplug`` with the plugin alone, telling ``arm``."""
    stimuli = Stimuli(Stimuli.Options(stimulus=arm.name, own=own))
    return Emoplug(plugins=[stimuli], on_error="raise", deadline=_DEADLINE, token_budget=_ROOM)
