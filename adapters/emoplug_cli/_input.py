"""Reads conversations from JSONL, JSON, or a plain ``Name: text`` transcript."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoplug import InputError
from emoplug_cli._transcript import begins, read_transcript

STDIN = "-"
_FORMS = "JSONL or JSON of OpenAI messages, or lines of 'Name: text'"
_LINE_END = re.compile(r"\r\n|\n|\r")
_UNDECODED = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KINDS = {
    list: "an array",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
}

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
    """Read a file, or standard input for ``-``: UTF-8, or UTF-16 that says so by its first bytes.

    Bytes that are no UTF-8 come as lone surrogates, for ``parse`` to name their lines.

    Raises:
        InputError: it is missing, no file, no text, or empty.
    """
    raw, name = _bytes(source), "standard input" if source == STDIN else source
    if raw.startswith(_UTF16):
        text = raw.decode("utf-16", errors="replace")
    else:
        text = raw.decode("utf-8-sig", errors="surrogateescape")
    if "\x00" in text:
        raise InputError(f"{name} looks like a binary file; give {_FORMS}")
    if not text.strip():
        raise InputError(f"{name} is empty; give {_FORMS}")
    return text


def parse(text: str, user: str | None = None) -> Parsed:
    """Parse ``text`` in whichever form it is.

    Args:
        text: A whole file.
        user: In a transcript, the speaker who is the user; guessed from the names by default.

    Raises:
        InputError: nothing in it could be read.
    """
    lines = _LINE_END.split(text)
    undecoded = [number for number, line in enumerate(lines, 1) if _UNDECODED.search(line)]
    for number in undecoded:
        lines[number - 1] = ""
    parsed = _parse(lines, user)
    unreadable = [f"line {number} is not UTF-8 text" for number in undecoded]
    problems = sorted([*unreadable, *parsed.problems], key=_number)
    if not any(parsed.conversations):
        first = f": {problems[0]}" if problems else ""
        raise InputError(f"no message could be read{first}; give {_FORMS}, in UTF-8")
    return Parsed(parsed.conversations, problems)


def _bytes(source: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {source}; check the path, or use - for stdin"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}; give a text file") from error


def _parse(lines: Sequence[str], user: str | None) -> Parsed:
    whole, wrong = _load("\n".join(lines))
    if isinstance(whole, list | Mapping):
        rows = whole if isinstance(whole, list) else [whole]
        unit = "conversation" if any(map(_is_conversation, rows)) else "message"
        return _collect(enumerate(rows, 1), unit)
    if _is_jsonl(lines):
        return _jsonl(lines)
    messages, problems = read_transcript(lines, user)
    if not messages and problems and "".join(lines).lstrip().startswith(("[", "{")):
        problems = [wrong]
    return Parsed([messages], problems)


def _is_jsonl(lines: Sequence[str]) -> bool:
    """Tell whether a line is an object; a transcript may quote one, but somebody speaks first."""
    for line in lines:
        if isinstance(_load(_bare(line))[0], Mapping):
            return True
        if begins(line):
            return False
    return False


def _jsonl(lines: Sequence[str]) -> Parsed:
    rows: list[tuple[int, Any]] = []
    problems: list[str] = []
    for number, line in enumerate(map(_bare, lines), 1):
        row, wrong = _load(line, number)
        if wrong and line not in ("", "[", "]"):
            problems.append(wrong)
        elif not wrong:
            rows.append((number, row))
    parsed = _collect(rows, "line")
    return Parsed(parsed.conversations, [*problems, *parsed.problems])


def _bare(line: str) -> str:
    """Answer a line of JSONL, or of an array with one message a line that is broken elsewhere."""
    return line.strip().removesuffix(",")


def _load(text: str, line: int | None = None) -> tuple[Any, str]:
    """Answer the value, and what is wrong with it, naming ``line`` or the one of the error."""
    try:
        return json.loads(text), ""
    except json.JSONDecodeError as error:
        where = f"line {line or error.lineno} is not JSON"
        return None, f"{where}: {error.msg[0].lower()}{error.msg[1:]} at column {error.colno}"
    except (ValueError, RecursionError):
        return None, f"line {line or 1} is not JSON that can be read: a number or nest too long"


def _collect(rows: Iterable[tuple[int, Any]], unit: str) -> Parsed:
    """Gather conversations; loose messages together make one."""
    conversations: list[list[RawMessage]] = []
    loose: list[RawMessage] = []
    problems: list[str] = []
    for number, row in rows:
        messages = row["messages"] if _is_conversation(row) else [row]
        wrong = [problem for message in messages if (problem := _problem(message))]
        problems += [f"{unit} {number} {problem}" for problem in wrong]
        good = [_message(message) for message in messages if not _problem(message)]
        if _is_conversation(row):
            conversations.append(good)
        else:
            loose += good
    return Parsed([*([loose] if loose else []), *conversations], problems)


def _is_conversation(row: Any) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("messages"), list)


def _problem(message: Any) -> str:
    if not isinstance(message, Mapping):
        return f"is {_KINDS.get(type(message), 'null')}, not a message"
    if not isinstance(message.get("role"), str):
        return "has no role"
    content = message.get("content")
    if content is None or isinstance(content, str):
        return ""
    if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
        return ""
    return "has content that is neither text nor a list of parts"


def _message(raw: Mapping[str, Any]) -> RawMessage:
    """Keep what is read of a message; half a character, as a torn emoji leaves, is no text."""
    content = raw.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content]
        content = [{"type": "text", "text": _mend(t)} for t in texts if isinstance(t, str)]
    elif isinstance(content, str):
        content = _mend(content)
    name = raw.get("name")
    named = {"name": _mend(name)} if isinstance(name, str) else {}
    return {"role": _mend(raw["role"]), "content": content, **named}


def _mend(text: str) -> str:
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _number(problem: str) -> int:
    return int(problem.split()[1])
