"""What came of a comparison: tables of scores and tokens, tasks by arms, filled call by call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emoplug_emotionprompt._asking import Answered
from emoplug_emotionprompt._endpoint import EndpointError
from emoplug_emotionprompt._match import score
from emoplug_emotionprompt._statistics import Floats
from emoplug_emotionprompt._tasks import Task


class Results:
    """Sums over repeats; a mean is NaN where no call came through.

    Attributes:
        errors: (arms,) calls that failed.
        failures: What they said, each with its task.
        spent: (arms,) tokens in all, where the endpoint tells.
    """

    def __init__(self, tasks: Sequence[Task], arms: int) -> None:
        self._tasks = tasks
        shape = (len(tasks), arms)
        self._scores, self._answered = np.zeros(shape), np.zeros(shape)
        self._prompt, self._reply, self._counted = (np.zeros(shape) for _ in range(3))
        self.errors = np.zeros(arms, dtype=int)
        self.spent = np.zeros(arms, dtype=int)
        self.failures: list[str] = []

    def add(self, answered: Answered) -> None:
        """Take in one answer, or the error in its place."""
        call, said = answered
        task, cell = self._tasks[call.task], (call.task, call.arm)
        if isinstance(said, EndpointError):
            self.errors[call.arm] += 1
            self.failures.append(f"task {task.id}: {said}")
            return
        self._answered[cell] += 1
        self._scores[cell] += score(said.text, task.expected)
        if said.prompt_tokens is not None and said.reply_tokens is not None:
            self._counted[cell] += 1
            self._prompt[cell] += said.prompt_tokens
            self._reply[cell] += said.reply_tokens
            self.spent[call.arm] += said.prompt_tokens + said.reply_tokens

    @property
    def scores(self) -> Floats:
        """Mean score of each task under each arm, (tasks, arms)."""
        return _mean(self._scores, self._answered)

    @property
    def prompt_tokens(self) -> Floats:
        """Mean tokens of each prompt, (tasks, arms)."""
        return _mean(self._prompt, self._counted)

    @property
    def reply_tokens(self) -> Floats:
        """Mean tokens of each reply, (tasks, arms)."""
        return _mean(self._reply, self._counted)


def _mean(sums: Floats, counts: Floats) -> Floats:
    means: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means
