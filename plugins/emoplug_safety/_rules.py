"""Matches the rules of ``rules.toml``, and says what takes the danger out of words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from emoplug_safety._words import Sentence, Spelling, sentences

RULES = Path(__file__).parent / "rules.toml"
Kind = Literal["self-harm", "abuse", "medical"]
KINDS: tuple[Kind, ...] = ("self-harm", "abuse", "medical")
SCOPES = ("negation", "past", "quotation", "lyrics", "fiction", "academic", "hyperbole")
ANSWER = 12
"""Most words of an answer that only the question before it gives a meaning."""
_PART = re.compile(r"\{([a-z]+)\}")
_NOT = (
    r"(?!(?:not|never|no|nobody|without|dont|doesnt|didnt|isnt|arent|wasnt|werent|wont|wouldnt|"
    r"havent|hasnt|hadnt|aint) )"
)
_SOMEBODY = ("{other}", "{abuser}")
"""Parts that name somebody."""
Whom = Literal["self", "other"]


@dataclass(frozen=True)
class Match:
    """Words that a rule knows.

    Attributes:
        kind: In danger of what.
        about: Who is.
        strength: How plainly the words say so, 0..1.
        span: Where they are in the text.
        scopes: What takes the danger out of them.
    """

    kind: str
    about: Whom
    strength: float
    span: tuple[int, int]
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """What the rules say of one text.

    Attributes:
        matches: Every match.
        frames: Scopes whose signs are anywhere in the text.
        sentences: Each sentence's range in the text.
        answers: What the last question makes of a short answer: for kinds that it asked about,
            whether the answer means danger, and whose.
    """

    matches: tuple[Match, ...]
    frames: frozenset[str]
    sentences: tuple[tuple[int, int], ...]
    answers: Mapping[str, tuple[bool, Whom]]


@dataclass(frozen=True)
class _Rule:
    """A rule, compiled; ``unnamed`` is what of its pattern names nobody."""

    kind: str
    about: Whom
    strength: float
    pattern: re.Pattern[str]
    unnamed: re.Pattern[str]


@dataclass(frozen=True)
class _Question:
    kind: str
    risk: str
    pattern: re.Pattern[str]


class Rules:
    """The rules of one file, compiled."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._parts: Mapping[str, str] = facts["parts"]
        self.spelling = Spelling(facts["spelling"], frozenset(facts["disguised"]["words"]))
        self._others = self._compiled(
            [r"\b(?:{other}|{kin}|{themself}|their|theirs)\b"], loose=True
        )
        # Patterns that begin with somebody take half of the time. Most sentences name nobody, and
        # finding that out is quicker than trying each of them.
        self._named = self._compiled(_SOMEBODY)
        self._rules = [self._rule(facts) for facts in facts["rules"]]
        self._questions = [
            _Question(q["kind"], q["risk"], self._compiled([q["pattern"]], loose=True))
            for q in facts["questions"]
        ]
        self._answers = {
            word: self._compiled([p], loose=True) for word, p in facts["answers"].items()
        }
        self._scopes = {
            name: {where: self._compiled(_list(p), loose=True) for where, p in scope.items()}
            for name, scope in facts["scopes"].items()
        }

    def find(self, text: str, before: str | None = None) -> Found:
        """Say what the rules know of ``text``, an answer to ``before``."""
        rows = sentences(text, self.spelling)
        whole = " ".join(row.text for row in rows)
        frames = self._frames(rows, whole)
        matches = [match for row in rows for match in self._in(row, frames, whole)]
        return Found(
            tuple(matches),
            frozenset(frames),
            tuple((row.words[0].start, row.words[-1].end) for row in rows),
            self._answers_to(before, rows) if before else {},
        )

    def _rule(self, facts: Mapping[str, Any]) -> _Rule:
        patterns = facts["patterns"]
        unnamed = [pattern for pattern in patterns if not pattern.startswith(_SOMEBODY)]
        return _Rule(
            facts["kind"],
            facts["about"],
            facts["strength"],
            self._compiled(patterns),
            self._compiled(unnamed or [r"(?!)"]),
        )

    def _compiled(self, patterns: Sequence[str], loose: bool = False) -> re.Pattern[str]:
        joined = "|".join(patterns)
        if not loose:  # what a rule leaves open must not turn its meaning round
            joined = joined.replace(r"(?:\S+ )", rf"(?:{_NOT}\S+ )")
        while _PART.search(joined):
            joined = _PART.sub(lambda m: self._parts[m[1]], joined)
        return re.compile(joined if loose else rf"(?<!\S)(?:{joined})(?!\S)")

    def _frames(self, rows: Sequence[Sentence], whole: str) -> set[str]:
        """Scopes that hold for the whole text."""
        found = set[str]()
        for name, scope in self._scopes.items():
            if "text" in scope and _word(scope["text"], whole) and not self._unless(name, whole):
                found.add(name)
            if "sentence" in scope and any(self._sentence_is(name, row.text) for row in rows):
                found.add(name)
        if any(word.quoted for row in rows for word in row.words):
            found.add("quotation")
        return found

    def _sentence_is(self, name: str, text: str) -> bool:
        scope = self._scopes[name]
        return _word(scope["sentence"], text) and not self._unless(name, text)

    def _unless(self, name: str, text: str) -> bool:
        unless = self._scopes[name].get("unless")
        return unless is not None and unless.search(f" {text} ") is not None

    def _in(self, row: Sentence, frames: set[str], whole: str) -> Iterator[Match]:
        idioms = [match.span() for match in self._scopes["hyperbole"]["overlap"].finditer(row.text)]
        named = self._named.search(row.text) is not None
        for rule in self._rules:
            pattern = rule.pattern if named else rule.unnamed
            for match in pattern.finditer(row.text):
                scopes = frames & {"lyrics", "fiction", "hyperbole"}
                scopes |= {n for n in ("past", "academic") if self._sentence_is(n, row.text)}
                scopes.update(self._local(row, match.span(), idioms, whole))
                yield Match(
                    rule.kind,
                    self._whom(rule, row.text[: match.start()], match.group()),
                    rule.strength,
                    row.span(*match.span()),
                    frozenset(scopes),
                )

    def _whom(self, rule: _Rule, before: str, words: str) -> Whom:
        """Take words that fit anybody for the writer's, where "I" says them of nobody else."""
        if rule.about == "self" or self._others.search(words):
            return rule.about
        return "self" if _I.search(before) or " i " in words else "other"

    def _local(
        self,
        row: Sentence,
        span: tuple[int, int],
        idioms: Sequence[tuple[int, int]],
        whole: str,
    ) -> Iterator[str]:
        start, end = span
        before = row.text[:start]
        negation = self._scopes["negation"]
        refused = negation["before"].search(before) and not self._unless("negation", before)
        if refused or negation["after"].search(row.text[end:]):
            yield "negation"
        if row.quoted(start, end) and not self._unless("quotation", whole):
            yield "quotation"
        if any(first < end and start < last for first, last in idioms):
            yield "hyperbole"

    def _answers_to(self, before: str, rows: Sequence[Sentence]) -> dict[str, tuple[bool, Whom]]:
        said = " ".join(row.text.rstrip(".? ") for row in rows)
        asked = [row.text for row in sentences(before, self.spelling) if row.text.endswith("?")]
        if not asked or len(said.split()) > ANSWER:
            return {}
        answer = next((name for name, p in self._answers.items() if p.search(said)), None)
        whom: Whom = "self" if _YOU.search(asked[-1]) else "other"
        found = dict[str, tuple[bool, Whom]]()
        for question in self._questions:
            if answer and question.pattern.search(asked[-1].rstrip(" ?")):
                found.setdefault(question.kind, (answer == question.risk, whom))
        return found


_I = re.compile(r"\b(?:i|im|ive)(?: (?:just|really|also|still|suddenly|now))? $")
_YOU = re.compile(r"\b(?:you|your|youre|youve|yourself)\b")


def _word(pattern: re.Pattern[str], text: str) -> bool:
    return any(
        (m.start() == 0 or not text[m.start() - 1].isalnum() or not text[m.start()].isalnum())
        and (m.end() == len(text) or not text[m.end()].isalnum() or not text[m.end() - 1].isalnum())
        for m in pattern.finditer(text)
    )


def _list(patterns: str | Sequence[str]) -> Sequence[str]:
    return [patterns] if isinstance(patterns, str) else patterns


@cache
def shipped() -> Rules:
    """The rules of this plugin."""
    return Rules(tomllib.loads(RULES.read_text(encoding="utf-8")))
