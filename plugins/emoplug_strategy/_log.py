"""Reads chat logs: choices of strategies that somebody noted, or conversations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from emoplug import STAGES, STRATEGIES, InputError, did_you_mean

SUPPORTERS = ("assistant", "supporter", "bot", "ai", "agent", "counselor", "counsellor")
"""What the one who helps is called in logs."""
_LINE = re.compile(r"\s*([^:]{1,40}):\s*(.*\S)\s*")


@dataclass(frozen=True)
class Choice:
    """One reply: which strategy it used, and which was right, by number.

    Attributes:
        used: What was done.
        right: What is held to be right.
        dialogue: Which conversation it is from.
        scores: Of each strategy, where the log has them.
        stage: Stage of support, where the log has it.
    """

    used: int
    right: int
    dialogue: str
    scores: tuple[float, ...] | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Said:
    """One message of a conversation, and the strategy that the log says it uses."""

    helper: bool
    text: str
    strategy: str | None = None


@dataclass(frozen=True)
class Log:
    """What a file holds: noted choices, or conversations by name."""

    choices: tuple[Choice, ...]
    conversations: Mapping[str, tuple[Said, ...]]


def read_log(path: Path, supporter: str | None = None) -> Log:
    """Read a log.

    Args:
        path: JSON lines of choices (``predicted``, ``true``), of conversations (``messages``, or
            ESConv's ``turns``) or of messages (``role``, ``content``); a JSON list of messages; or
            lines of text, ``Name: words``.
        supporter: Name or role of the one who helps, beside ``assistant`` and its like.

    Raises:
        InputError: it cannot be read, with line and fix.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}; give a log in UTF-8") from error
    helpers = frozenset(
        name.casefold() for name in (*SUPPORTERS, *([supporter] if supporter else []))
    )
    reader = _Reader(path, helpers)
    if text.lstrip()[:1] == "[":
        reader.take_list(text)
    elif text.lstrip()[:1] == "{":
        reader.take_lines(text)
    else:
        reader.take_words(text)
    return reader.log()


class _Reader:
    def __init__(self, path: Path, helpers: frozenset[str]) -> None:
        self.path, self.helpers = path, helpers
        self.line = 1
        self.choices: list[Choice] = []
        self.conversations: dict[str, list[Said]] = {}

    def log(self) -> Log:
        replies = any(said.helper for talk in self.conversations.values() for said in talk)
        if not self.choices and not replies:
            raise InputError(
                f"{self.path} has no reply of a helper ({', '.join(SUPPORTERS)}) and no choices; "
                "name the helper with --supporter, or give rows with 'predicted' and 'true'"
            )
        if self.choices and self.conversations:
            raise InputError(f"{self.path} has choices and conversations; give one sort a file")
        talks = {name: tuple(talk) for name, talk in self.conversations.items()}
        return Log(tuple(self.choices), talks)

    def take_list(self, text: str) -> None:
        whole = self._parsed(text)
        self.conversations[""] = list(self._messages(whole))

    def take_lines(self, text: str) -> None:
        for self.line, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                row = self._parsed(line)
                if not isinstance(row, Mapping):
                    self._refuse("is no JSON object", "give one object a line")
                self._take(row)

    def take_words(self, text: str) -> None:
        talk = self.conversations.setdefault("", [])
        for self.line, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            found = _LINE.fullmatch(line)
            if not found:
                self._refuse("is not 'Name: words'", "begin each line with who speaks")
            talk.append(Said(found[1].strip().casefold() in self.helpers, found[2]))

    def _take(self, row: Mapping[str, Any]) -> None:
        if "predicted" in row or "true" in row:
            self.choices.append(self._choice(row))
        elif "messages" in row:
            self.conversations[self._name(row)] = list(self._messages(row["messages"]))
        elif "turns" in row:
            self.conversations[self._name(row)] = list(self._messages(row["turns"]))
        elif "role" in row:
            name = str(row.get("session") or row.get("conversation") or "")
            self.conversations.setdefault(name, []).extend(self._messages([row]))
        else:
            has = ", ".join(map(str, row)) or "nothing"
            self._refuse(f"has {has}", "give predicted and true, messages, turns, or role")

    def _name(self, row: Mapping[str, Any]) -> str:
        return str(row.get("dialogue_id") or row.get("session") or f"line {self.line}")

    def _messages(self, rows: Any) -> Iterator[Said]:
        if not isinstance(rows, list):
            self._refuse("has messages that are no list", "give a list of role and content")
        for row in rows:
            who = row.get("role") or row.get("speaker") if isinstance(row, Mapping) else None
            if not isinstance(who, str):
                self._refuse("has a message without 'role'", "say of each who speaks")
            text = row.get("content", row.get("text"))
            if who.casefold() in {"system", "tool", "developer"} or not isinstance(text, str):
                continue
            strategy = row.get("strategy")
            known = None if strategy is None else STRATEGIES[self._strategy(strategy)]
            yield Said(who.casefold() in self.helpers, text, known)

    def _choice(self, row: Mapping[str, Any]) -> Choice:
        for field in ("predicted", "true"):
            if field not in row:
                self._refuse(f"has no {field!r}", "give both 'predicted' and 'true'")
        stage = row.get("stage")
        if stage is not None and stage not in STAGES:
            self._refuse(f"has stage {stage!r}", f"stages: {', '.join(STAGES)}")
        return Choice(
            self._strategy(row["predicted"]),
            self._strategy(row["true"]),
            str(row.get("dialogue_id", f"line {self.line}")),
            self._scores(row["scores"]) if row.get("scores") is not None else None,
            stage,
        )

    def _scores(self, given: Any) -> tuple[float, ...]:
        if isinstance(given, Mapping):
            by_number = {self._strategy(name): score for name, score in given.items()}
            given = [by_number.get(number, 0.0) for number in range(len(STRATEGIES))]
        fits = isinstance(given, list) and len(given) == len(STRATEGIES)
        if not fits or not all(isinstance(s, int | float) and 0 <= s <= 1 for s in given):
            self._refuse("has other scores than eight of 0 to 1", "give one for each strategy")
        return tuple(map(float, given))

    def _strategy(self, name: Any) -> int:
        for number, known in enumerate(STRATEGIES):
            if isinstance(name, str) and name.casefold() == known.casefold():
                return number
        hint = did_you_mean(str(name), STRATEGIES)
        self._refuse(
            f"names the strategy {str(name)[:60]!r}{hint}", f"there are: {', '.join(STRATEGIES)}"
        )

    def _parsed(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            self._refuse(f"is no JSON ({error})", "give one object a line, or one list")

    def _refuse(self, problem: str, fix: str) -> NoReturn:
        raise InputError(f"{self.path}, line {self.line}: {problem}; {fix}")
