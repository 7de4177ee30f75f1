"""What is remembered of each model: what people thought of its answers, and comparisons."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from emoplug_emotionprompt._file import MemoryFile

MODELS, ARMS = 256, 64
"""Most models, and most arms of a model; what was learned longest ago goes first."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
Verdict = Literal["better", "worse", "unsure"]
Value = TypeVar("Value")


class Rewards(BaseModel):
    """What people thought of answers under one arm.

    Attributes:
        count: How many answers.
        total: Sum of their rewards, each 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(default=0, ge=0)
    total: Finite = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.total > self.count:
            raise ValueError("the total of rewards is above their count")
        return self

    def more(self, value: float) -> Rewards:
        """Answer these and one more."""
        count = self.count + 1
        return Rewards(count=count, total=min(self.total + value, count))


class Compared(BaseModel):
    """What the newest comparison by tasks says of one arm beside none.

    Attributes:
        tasks: How many tasks both had.
        gain: Mean difference in score, -1..1.
        low: Lower end of its 95 % interval.
        high: Upper end.
        verdict: What a test says that allows for all arms compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasks: int = Field(ge=1)
    gain: Finite
    low: Finite
    high: Finite
    verdict: Verdict


class Record(BaseModel):
    """What is remembered of one model; arms are known by their words, which ``none`` has not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rewards: dict[str, Rewards] = {}
    compared: dict[str, Compared] = {}


class Remembered(BaseModel):
    """The whole memory, as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    models: dict[str, Record] = {}


class Memory:
    """Remembers for each model; safe to share between threads, its file between processes.

    Args:
        path: The file, made when missing; without one nothing outlives this object.

    Raises:
        ModuleNotFoundError: there is a path, and filelock is not installed.
        StoreError: the file is damaged or cannot be used.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._file = None if path is None else MemoryFile(path, Remembered)
        self._here = Remembered()
        self.of("")

    def of(self, model: str) -> Record:
        """Answer what is remembered of ``model`` by now, by whichever process.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        with self._lock:
            now = self._here if self._file is None else self._file.read()
        return now.models.get(model, Record())

    def reward(self, model: str, text: str, value: float) -> None:
        """Remember one reward, 0..1, of the arm that says ``text``; durable when this returns.

        Raises:
            StoreError: the file is damaged or cannot be written; it stays as it was.
        """

        def add(record: Record) -> Record:
            known = dict(record.rewards)
            rewards = known.pop(text, Rewards()).more(value)
            return record.model_copy(update={"rewards": _bounded({**known, text: rewards})})

        self._change(model, add)

    def compare(self, model: str, compared: Mapping[str, Compared]) -> None:
        """Remember a comparison; for the arms in it, it takes the place of any before.

        Raises:
            StoreError: as above.
        """

        def replace(record: Record) -> Record:
            kept = {k: v for k, v in record.compared.items() if k not in compared}
            return record.model_copy(update={"compared": _bounded({**kept, **compared})})

        self._change(model, replace)

    def _change(self, model: str, change: Callable[[Record], Record]) -> None:
        def changed(before: Remembered) -> Remembered:
            models = dict(before.models)
            record = change(models.pop(model, Record()))
            newest = list({**models, model: record}.items())[-MODELS:]
            return Remembered(models=dict(newest))

        with self._lock:
            if self._file is None:
                self._here = changed(self._here)
            else:
                self._file.change(changed)


def _bounded(known: dict[str, Value]) -> dict[str, Value]:
    """Leave out what was learned longest ago where there are too many; never what none got."""
    surplus = [text for text in known if text][: max(0, len(known) - ARMS)]
    return {text: value for text, value in known.items() if text not in surplus}
