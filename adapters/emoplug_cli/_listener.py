"""The offline listener: answers by templates from what emoplug read, and is no LLM.

After Rogers: it says back the feeling, asks one open question and never advises. The same
conversation always gets the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from emoplug import Reading, Turn
from emoplug_cli import _phrases as phrases
from emoplug_cli._distress import speaks_of_self_harm
from emoplug_cli._plain import one_line

NEUTRAL = "neutral"
_STRONG, _WEAK = 0.75, 0.35
_REMEMBERED = 3
"""Messages of the person after which words of self-harm are no longer spoken of unasked."""
_ECHO_WORDS = range(3, 11)
_VARIES = re.compile(r"\{feeling\}|\u201c.*\u201d")
_GREETING = re.compile(r"\W*(?:hi|hello|hey|good (?:morning|evening|day))\b(?:\W+\w+)?\W*", re.I)
_ASKS_ADVICE = re.compile(
    r"\b(?:what (?:should|can|do|shall|would) (?:i|you) (?:do|suggest|advise|recommend)"
    r"|should i\b|(?:any|your|some) advice|tell me what to do|what would you do)",
    re.I,
)


def listen(turn: Turn) -> str:
    """Answer the last user message of ``turn`` with a reflection and one open question."""
    heard = [message.text for message in turn.messages if message.role == "user"]
    words = heard[-1] if heard else ""
    choice = _Choice(turn, heard)
    if speaks_of_self_harm(words):
        care, question = choice.of(phrases.CARE), choice.of(phrases.CARE_QUESTIONS)
        return f"{care} {phrases.CARE_LIMITS} {question}"
    parts = _reply(turn.reading, words, choice)
    if any(speaks_of_self_harm(earlier) for earlier in heard[-_REMEMBERED:-1]):
        parts = [*parts[:-1], phrases.CARE_AFTER, parts[-1]]
    return " ".join(parts)


class _Choice:
    """Picks sentences: not the one just said, those said least, in an order set by the words."""

    def __init__(self, turn: Turn, heard: Sequence[str]) -> None:
        said = [message.text for message in turn.messages if message.role == "assistant"]
        self._last = said[-1] if said else ""
        self._said = "\n".join(said)
        self._words = "\n".join(heard)

    def of(self, options: Sequence[str]) -> str:
        """Answer one of ``options``."""
        return min(options, key=self._rank)

    def _rank(self, option: str) -> tuple[bool, int, bytes]:
        fixed = max(_VARIES.split(option), key=len)
        shuffled = sha256(f"{fixed}\n{self._words}".encode("utf-8", "replace")).digest()
        return fixed in self._last, self._said.count(fixed), shuffled


def _reply(reading: Reading | None, words: str, choice: _Choice) -> list[str]:
    if _GREETING.fullmatch(words):
        greeting, question = choice.of(phrases.GREETINGS).rsplit(". ", 1)
        return [f"{greeting}.", question]
    feelings = _feelings(reading)
    family = feelings[0][1] if feelings else NEUTRAL
    reflection = _reflection(reading, [name for name, _ in feelings], choice)
    if _ASKS_ADVICE.search(words):
        return [reflection, choice.of(phrases.NO_ADVICE), choice.of(phrases.OWN_ANSWER)]
    kind = (*_echo(words), *phrases.KIND[family])
    return [reflection, choice.of(kind), choice.of(phrases.QUESTIONS[family])]


def _feelings(reading: Reading | None) -> list[tuple[str, str]]:
    """Name the feelings that were read, most probable first, two at most."""
    if reading is None:
        return []
    labels = [label for label in reading.labels if label in phrases.FEELINGS][:2]
    if not labels and reading.emotion in phrases.FEELINGS:
        labels = [reading.emotion]
    return [phrases.FEELINGS[label] for label in labels]


def _reflection(reading: Reading | None, names: Sequence[str], choice: _Choice) -> str:
    if reading is None or not names:
        return choice.of(phrases.PLAIN)
    if reading.probability < _WEAK:
        return choice.of(phrases.UNSURE).format(feeling=names[0])
    much = reading.intensity >= _STRONG and not names[0].startswith("a ")
    first = f"a lot of {names[0]}" if much else names[0]
    return choice.of(phrases.SURE).format(feeling=" and ".join([first, *names[1:]]))


def _echo(words: str) -> list[str]:
    """Answer a sentence that gives the person's last short clause back, where there is one."""
    clauses = [one_line(clause) for clause in re.split(r"[.!?;,:\n\"\u201c\u201d()]+", words)]
    short = [clause for clause in clauses if len(clause.split()) in _ECHO_WORDS]
    asked = words.rstrip().endswith("?")
    return [phrases.ECHO.format(words=short[-1])] if short and not asked else []
