"""Reads the user's tasks: JSON lines with a prompt, the right answer, and how to look for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from emoplug import InputError, did_you_mean
from emoplug_emotionprompt._match import Expected, Kind, number_in

Answer = StrictStr | StrictInt | StrictFloat
_SHAPE = 'write {"prompt": "...", "answer": "..."}'


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Annotated[str, Field(pattern="^(system|developer|user|assistant)$")]
    content: StrictStr | list[dict[str, Any]]
    name: str | None = None


class _Row(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: StrictStr | StrictInt | None = None
    prompt: StrictStr | None = None
    messages: tuple[_Message, ...] | None = None
    answer: Annotated[tuple[Answer, ...], BeforeValidator(_several), Field(min_length=1)]
    match: Kind = "contains"
    choices: tuple[StrictStr, ...] = ()
    case: bool = False


class Task(BaseModel):
    """One task.

    Attributes:
        id: Its own, or its line.
        messages: What is asked, in the chat API's shape.
        expected: What makes a reply right.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    messages: tuple[dict[str, Any], ...]
    expected: Expected


def read_tasks(path: Path, limit: int | None = None) -> list[Task]:
    """Read the first ``limit`` tasks of a JSON Lines file; blank lines do not count.

    Raises:
        InputError: naming file, line and fix.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}; give a file of JSON lines") from error
    tasks = list(islice(_tasks(path, lines), limit))
    if not tasks:
        raise InputError(f"{path} has no task; {_SHAPE}, one a line")
    return tasks


def _tasks(path: Path, lines: list[str]) -> Iterator[Task]:
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            task = _task(line, str(number))
            if task.id in seen:
                raise InputError(f"id {task.id!r} is that of line {seen[task.id]}; change one")
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
        seen[task.id] = number
        yield task


def _task(line: str, number: str) -> Task:
    row = _row(line)
    if (row.prompt is None) == (row.messages is None):
        raise InputError("give either prompt or messages")
    if row.prompt is not None:
        messages: tuple[dict[str, Any], ...] = ({"role": "user", "content": row.prompt},)
    else:
        messages = tuple(message.model_dump(exclude_none=True) for message in row.messages or ())
    asked = [message["content"] for message in messages if message["role"] == "user"]
    if not asked or not _text(asked[-1]).strip():
        raise InputError("it asks nothing; the last user message needs words")
    identity = number if row.id is None else str(row.id)
    return Task(id=identity, messages=messages, expected=_expected(row))


def _row(line: str) -> _Row:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"no JSON ({error}); {_SHAPE}") from error
    if not isinstance(value, Mapping):
        raise InputError(f"no JSON object; {_SHAPE}")
    unknown = [key for key in value if key not in _Row.model_fields]
    if unknown:
        names = ", ".join(_Row.model_fields)
        hint = did_you_mean(unknown[0], _Row.model_fields)
        raise InputError(f"unknown field {unknown[0]!r}{hint}; there are {names}")
    try:
        return _Row.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        raise InputError(f"{problem['loc'][0]}: {problem['msg']}; {_SHAPE}") from error


def _expected(row: _Row) -> Expected:
    answers = tuple(str(answer) for answer in row.answer)
    _check_answers(row.match, answers, row)
    return Expected(kind=row.match, answers=answers, choices=row.choices, case=row.case)


def _check_answers(kind: Kind, answers: tuple[str, ...], row: _Row) -> None:
    if any(not answer.strip() for answer in answers):
        raise InputError("the answer is blank; write what a right reply says")
    if kind == "number" and any(number_in(answer) is None for answer in answers):
        raise InputError('answer is no number; write one, or another match than "number"')
    if kind == "regex":
        _check_patterns(answers)
    if kind == "choice" and not {*answers} < {*row.choices}:
        raise InputError(
            'a choice needs all choices, the answer among them, such as "choices": ["A", "B"]'
        )
    if kind != "choice" and row.choices:
        raise InputError('choices are for "match": "choice"; add that, or leave them out')


def _check_patterns(patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(f"answer {pattern!r} is no pattern ({error}); mend it") from error


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content)
