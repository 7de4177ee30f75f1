"""Reads conversations from JSONL, JSON, or a plain ``Name: text`` transcript."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoplug import InputError

STDIN = "-"
# A name is short, has no digits (12:30 is a time) and is followed by a space (http:// is not).
_SPEAKER = re.compile(r"^\s{0,3}([^\W\d_][^\W\d:]*(?:[ .'-][^\W\d:]+){0,3})\s?:(?:\s+(.*))?$")
_FORMS = "JSONL or JSON of OpenAI messages, or lines of 'Name: text'"

RawMessage = dict[str, Any]


@dataclass(frozen=True)
class Parsed:
    """What a file holds.

    Attributes:
        conversations: Each a list of messages in the chat API's shape.
        problems: What could not be read, each naming its line.
    """

    conversations: list[list[RawMessage]]
    problems: list[str]


def read_text(source: str) -> str:
    """Read a file, or standard input for ``-``, as UTF-8 with or without a byte order mark.

    Raises:
        InputError: it is missing, no file, no text, or empty.
    """
    try:
        raw = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {source}; check the path, or use - for stdin"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}; give a text file") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"{source} is not UTF-8 text (line {line}); convert it to UTF-8"
        ) from error
    if "\x00" in text:
        raise InputError(f"{source} looks like a binary file; give {_FORMS}")
    if not text.strip():
        raise InputError(f"{source} is empty; give {_FORMS}")
    return text


def parse(text: str, user: str | None = None) -> Parsed:
    """Parse ``text`` in whichever form it is.

    Args:
        text: A whole file.
        user: In a transcript, the speaker who is the user; the first one by default.

    Raises:
        InputError: nothing in it could be read.
    """
    start = text.lstrip()[0]
    parsed = _whole_json(text) if start in "[{" else None
    if parsed is None:
        parsed = _jsonl(text) if start in "[{" else _transcript(text, user)
    if not any(parsed.conversations):
        first = f": {parsed.problems[0]}" if parsed.problems else ""
        raise InputError(f"no message could be read{first}; give {_FORMS}")
    return parsed


def _whole_json(text: str) -> Parsed | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if isinstance(value, Mapping) and "messages" not in value:
        return None  # one message alone: a JSONL file of one line
    rows = value if isinstance(value, list) else [value]
    whole = [row for row in rows if _is_conversation(row)]
    if whole:
        return _collect(enumerate(whole, 1), "conversation")
    return _collect([(index, row) for index, row in enumerate(rows, 1)], "message")


def _jsonl(text: str) -> Parsed:
    rows: list[tuple[int, Any]] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append((number, json.loads(line)))
        except ValueError as error:
            problems.append(f"line {number} is no JSON ({error})")
    parsed = _collect(rows, "line")
    return Parsed(parsed.conversations, sorted([*problems, *parsed.problems], key=_number))


def _collect(rows: Any, unit: str) -> Parsed:
    """Gather conversations; loose messages together make one."""
    conversations: list[list[RawMessage]] = []
    loose: list[RawMessage] = []
    problems: list[str] = []
    for number, row in rows:
        messages = row["messages"] if _is_conversation(row) else [row]
        wrong = [problem for message in messages if (problem := _problem(message))]
        problems += [f"{unit} {number} {problem}" for problem in wrong]
        good = [message for message in messages if not _problem(message)]
        if _is_conversation(row):
            conversations.append(good)
        else:
            loose += good
    return Parsed([*([loose] if loose else []), *conversations], problems)


def _is_conversation(row: Any) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("messages"), list)


def _problem(message: Any) -> str:
    if not isinstance(message, Mapping):
        return f"is a {type(message).__name__}, not a message"
    if not isinstance(message.get("role"), str):
        return "has no role"
    content = message.get("content")
    if content is None or isinstance(content, str):
        return ""
    if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
        return ""
    return "has content that is neither text nor a list of parts"


def _transcript(text: str, user: str | None) -> Parsed:
    turns: list[tuple[str, list[str]]] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        spoken = _SPEAKER.match(line)
        if spoken:
            turns.append((spoken[1].strip(), [spoken[2] or ""]))
        elif turns:
            turns[-1][1].append(line)
        elif line.strip():
            problems.append(f"line {number} has no speaker before it")
    if not turns:
        return Parsed([], problems)
    return Parsed([list(_roles(turns, user))], problems)


def _roles(turns: list[tuple[str, list[str]]], user: str | None) -> Iterator[RawMessage]:
    names = list(dict.fromkeys(name for name, _ in turns))
    chosen = user or names[0]
    if chosen.casefold() not in {name.casefold() for name in names}:
        raise InputError(f"nobody is called {chosen!r}; speakers: {', '.join(names)}")
    for name, lines in turns:
        role = "user" if name.casefold() == chosen.casefold() else "assistant"
        yield {"role": role, "name": name, "content": "\n".join(lines).strip()}


def _number(problem: str) -> int:
    return int(problem.split()[1])
