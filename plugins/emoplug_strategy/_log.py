"""Reads chat logs: choices of strategies that somebody noted, or conversations."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from emoplug import STAGES, STRATEGIES, InputError, did_you_mean

SUPPORTERS = ("assistant", "supporter", "bot", "ai", "agent", "counselor", "counsellor")
"""What the one who helps is called in logs."""
_SPOKEN = re.compile(r"\s{0,3}([^\W\d_][^\s:]*(?: [^\s:]+){0,3}) ?:(?:\s+(.*))?", re.DOTALL)
"""A name begins with a letter (18:30 is a time); after its colon is a space (http:// has none)."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_TORN = re.compile("[\ud800-\udfff]")
"""Half a character, as a torn emoji leaves, which no encoder takes."""
_UNSAID = frozenset({"system", "tool", "developer", "function"})
_TALKS = ("messages", "turns", "dialog")
_SHOWN = 8
"""Most speakers that an error names."""
_FORMS = "give rows with 'predicted' and 'true', conversations, or lines of 'Name: words'"


@dataclass(frozen=True)
class Choice:
    """One reply: which strategy it used, and which was right, by number.

    Attributes:
        used: What was done.
        right: What is held to be right.
        dialogue: Which conversation it is from, where known.
        scores: Of each strategy, where the log has them.
        stage: Stage of support, where the log has it.
    """

    used: int
    right: int
    dialogue: str | None
    scores: tuple[float, ...] | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Said:
    """One message of a conversation, and the strategy that the log says it uses."""

    helper: bool
    text: str
    strategy: str | None = None

    @property
    def is_reply(self) -> bool:
        """Tell whether the helper said something."""
        return self.helper and bool(self.text.strip())


@dataclass(frozen=True)
class Log:
    """What a file holds: noted choices, or conversations by name."""

    choices: tuple[Choice, ...]
    conversations: Mapping[str, tuple[Said, ...]]


def read_log(path: Path, supporter: str | None = None) -> Log:
    """Read a log.

    Args:
        path: JSON lines of choices (``predicted``, ``true``), of conversations (``messages``, or
            ESConv's ``turns``) or of messages (``role``, ``content``), which make one; the same as
            a JSON list; or lines of text, ``Name: words``.
        supporter: Name or role of the one who helps, beside ``assistant`` and its like.

    Raises:
        InputError: it cannot be read, with line and fix.
    """
    text = _text(path)
    reader = _Reader(path, supporter)
    if text.lstrip()[:1] in ("[", "{"):
        reader.take_json(text)
    else:
        reader.take_words(text)
    return reader.log()


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a log in UTF-8") from error
    if b"\0" in raw:
        raise InputError(f"{path} looks like a binary file; give a log in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: is not UTF-8; save the log as UTF-8") from error
    if not text.strip():
        raise InputError(f"{path} is empty; {_FORMS}")
    return text


class _Reader:
    def __init__(self, path: Path, supporter: str | None) -> None:
        self.path, self.supporter = path, supporter
        self.helpers = {*SUPPORTERS, *([supporter.casefold()] if supporter else [])}
        self.where = "line 1"
        self.choices: list[Choice] = []
        self.conversations: dict[str, list[Said]] = {}
        self.speakers: dict[str, None] = {}

    def log(self) -> Log:
        if self.choices and self.conversations:
            raise InputError(f"{self.path} has choices and conversations; give one sort a file")
        talks = {name: tuple(talk) for name, talk in self.conversations.items()}
        if not self.choices:
            self._check_speakers()
            if not any(said.is_reply for talk in talks.values() for said in talk):
                raise InputError(
                    f"{self.path} has no reply of a helper; speakers: {self._named()}; "
                    "name the one who helps with --supporter"
                )
        return Log(tuple(self.choices), talks)

    def take_json(self, text: str) -> None:
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            whole = None
        if isinstance(whole, Mapping):
            self._take(whole)
        elif isinstance(whole, list):
            for number, row in enumerate(whole, start=1):
                self.where = f"entry {number}"
                self._take(row)
        elif text.lstrip().startswith("["):
            self._parsed(text)
        else:
            self._take_lines(text)

    def _take_lines(self, text: str) -> None:
        for number, line in enumerate(_LINE_END.split(text), start=1):
            self.where = f"line {number}"
            if line.strip():
                self._take(self._parsed(line))

    def take_words(self, text: str) -> None:
        """Read lines of words; one that names no speaker goes on with what was said."""
        lines = _LINE_END.split(text)
        names = self._names(lines)
        said: list[tuple[str, list[str]]] = []
        for number, line in enumerate(lines, start=1):
            self.where = f"line {number}"
            spoken = _SPOKEN.fullmatch(line)
            if spoken and spoken[1].casefold() in names:
                said.append((spoken[1], [spoken[2] or ""]))
            elif said:
                said[-1][1].append(line)
            elif line.strip():
                self._refuse("is not 'Name: words'", "begin with who speaks")
        self.conversations[""] = [
            Said(self._helps(name), "\n".join(words).strip()) for name, words in said
        ]

    def _names(self, lines: Sequence[str]) -> set[str]:
        """Answer who speaks: "But here it is: I quit" names nobody, unless it comes again."""
        spoken = (_SPOKEN.fullmatch(line) for line in lines)
        found = Counter(match[1].casefold() for match in spoken if match)
        return {
            name
            for name, times in found.items()
            if times > 1 or " " not in name or name in self.helpers
        }

    def _take(self, row: Any) -> None:
        if not isinstance(row, Mapping):
            self._refuse("is no JSON object", "give one object a line")
        talk = next((row[field] for field in _TALKS if field in row), None)
        if "predicted" in row or "true" in row:
            self.choices.append(self._choice(row))
        elif talk is not None:
            self._hold(_name(row), list(self._messages(talk)))
        elif "role" in row or "speaker" in row:
            name = _name(row) or ""
            self.conversations.setdefault(name, []).extend(self._messages([row]))
        else:
            has = ", ".join(map(str, row)) or "nothing"
            self._refuse(f"has {has}", "give predicted and true, messages, turns, or role")

    def _hold(self, name: str | None, talk: list[Said]) -> None:
        """Keep a conversation; one logged again at each request counts once, as a whole."""
        name = name or self.where
        earlier = self.conversations.get(name, [])
        again = talk[: len(earlier)] == earlier
        self.conversations[name if again else f"{name}, {self.where}"] = talk

    def _messages(self, rows: Any) -> Iterator[Said]:
        if not isinstance(rows, list):
            self._refuse("has messages that are no list", "give a list of role and content")
        for row in rows:
            who = row.get("role") or row.get("speaker") if isinstance(row, Mapping) else None
            if not isinstance(who, str):
                self._refuse("has a message without 'role'", "say of each who speaks")
            content = row.get("content", row.get("text"))
            if who.casefold() not in _UNSAID and content is not None:
                helper = self._helps(who)
                yield Said(helper, self._words(content), self._known(row) if helper else None)

    def _helps(self, who: str) -> bool:
        self.speakers[who] = None
        return who.casefold() in self.helpers

    def _words(self, content: Any) -> str:
        if isinstance(content, list):
            parts = [part.get("text") for part in content if isinstance(part, Mapping)]
            content = "\n".join(part for part in parts if isinstance(part, str))
        if not isinstance(content, str):
            self._refuse("has content that is no text", "give text, or a list of parts")
        return _TORN.sub("\N{REPLACEMENT CHARACTER}", content)

    def _known(self, row: Mapping[str, Any]) -> str | None:
        """Answer the strategy a message is labelled with; ESConv has it in an annotation."""
        noted = row.get("annotation")
        strategy = row.get("strategy") or (isinstance(noted, Mapping) and noted.get("strategy"))
        return STRATEGIES[self._strategy(strategy)] if strategy else None

    def _choice(self, row: Mapping[str, Any]) -> Choice:
        for field in ("predicted", "true"):
            if field not in row:
                self._refuse(f"has no {field!r}", "give both 'predicted' and 'true'")
        stage = row.get("stage")
        if stage is not None and (not isinstance(stage, str) or stage not in STAGES):
            self._refuse(f"has stage {str(stage)[:60]!r}", f"stages: {', '.join(STAGES)}")
        return Choice(
            self._strategy(row["predicted"]),
            self._strategy(row["true"]),
            _name(row),
            self._scores(row["scores"]) if row.get("scores") is not None else None,
            stage,
        )

    def _scores(self, given: Any) -> tuple[float, ...]:
        if isinstance(given, Mapping):
            by_number = {self._strategy(name): score for name, score in given.items()}
            given = [by_number.get(number, 0.0) for number in range(len(STRATEGIES))]
        fits = isinstance(given, list) and len(given) == len(STRATEGIES)
        if not fits or not all(map(_is_share, given)) or not any(given):
            self._refuse(
                "has other scores than eight of 0 to 1", "give each strategy's probability"
            )
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
        except json.JSONDecodeError as error:
            if text.count("\n"):  # a whole file: the error knows its line
                self.where = f"line {error.lineno}"
            self._refuse(f"is no JSON ({error.msg})", "give one object a line, or one list")
        except (ValueError, RecursionError):
            self._refuse("has a number or a nest too long to read", "mend or remove it")

    def _check_speakers(self) -> None:
        known = {name.casefold() for name in self.speakers}
        if self.supporter and self.supporter.casefold() not in known:
            raise InputError(
                f"nobody in {self.path} is called {self.supporter!r}"
                f"{did_you_mean(self.supporter, self.speakers)}; speakers: {self._named()}"
            )

    def _named(self) -> str:
        return ", ".join(list(self.speakers)[:_SHOWN]) or "none"

    def _refuse(self, problem: str, fix: str) -> NoReturn:
        raise InputError(f"{self.path}, {self.where}: {problem}; {fix}")


def _name(row: Mapping[str, Any]) -> str | None:
    named = (row.get(field) for field in ("dialogue_id", "session", "conversation"))
    return next((str(name) for name in named if name is not None), None)


def _is_share(score: Any) -> bool:
    return isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
