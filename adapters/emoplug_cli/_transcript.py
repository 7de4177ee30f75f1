"""Reads a plain transcript: lines of ``Name: text``, and what follows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from emoplug import InputError

# A name starts with a letter (12:30 is a time) and its colon with a space after (http:// has none).
_SPEAKER = re.compile(
    r"\s{0,3}(?=[^:]{1,40}:)([^\W\d_][\w.'-]*(?:[ ][\w.'-]+){0,3})[ ]?:(?:\s+(.*))?", re.DOTALL
)
_PEOPLE = frozenset({"user", "human", "me"})
_MACHINES = frozenset({"assistant", "ai", "bot", "agent", "system"})


@dataclass
class _Said:
    name: str
    lines: list[str] = field(default_factory=list)


def begins(line: str) -> bool:
    """Tell whether somebody may start to speak in this line."""
    return _SPEAKER.fullmatch(line) is not None


def read_transcript(
    lines: Sequence[str], user: str | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Answer the messages, and the problems by line; a line without a name continues the last.

    Raises:
        InputError: nobody is called ``user``.
    """
    names = _names(lines)
    said: list[_Said] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        spoken = _SPEAKER.fullmatch(line)
        if spoken and spoken[1].casefold() in names:
            said.append(_Said(spoken[1], [spoken[2] or ""]))
        elif said:
            said[-1].lines.append(line)
        elif line.strip():
            problems.append(f"line {number} has no speaker before it")
    return list(_messages(said, user)) if said else [], problems


def _names(lines: Sequence[str]) -> frozenset[str]:
    """Answer who speaks: "But here it is: I quit" names nobody, unless it comes again."""
    found = Counter(spoken[1] for line in lines if (spoken := _SPEAKER.fullmatch(line)))
    return frozenset(
        name.casefold()
        for name, times in found.items()
        if times > 1 or " " not in name or not name.split()[-1][0].islower()
    )


def _messages(said: Sequence[_Said], user: str | None) -> Iterator[dict[str, Any]]:
    names = list(dict.fromkeys(one.name for one in said))
    chosen = (user or _person(names)).casefold()
    if chosen not in {name.casefold() for name in names}:
        raise InputError(f"nobody is called {user!r}; speakers: {', '.join(names)}")
    for one in said:
        role = "user" if one.name.casefold() == chosen else "assistant"
        if role == "assistant" and one.name.casefold() == "system":
            role = "system"
        yield {"role": role, "name": one.name, "content": "\n".join(one.lines).strip()}


def _person(names: Sequence[str]) -> str:
    """Answer who is the user when nobody says: who is called so, or speaks first."""
    called = (name for name in names if name.casefold() in _PEOPLE)
    human = (name for name in names if name.casefold() not in _MACHINES)
    return next(called, next(human, names[0]))
