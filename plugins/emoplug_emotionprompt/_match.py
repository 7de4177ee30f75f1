"""Tells whether a reply has the right answer.

Stimuli such as EP01 make a model add how sure it is ("Confidence: 0.9"): that is no answer, and is
not taken for one where a number or a choice is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["contains", "exact", "number", "regex", "choice"]
_NUMBER = re.compile(r"[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-\u2212]?\.\d+")
_CLAUSE = re.compile(r"[\n;()]|,(?!\d)|\.(?!\d)")
_SURE = re.compile(r"confiden", re.IGNORECASE)
_CONCLUSION = re.compile(r"\b(?:answer|choice|option)\b", re.IGNORECASE)
_CLOSE = 1e-9
"""Largest difference of equal numbers, as a part of the right one or of 1."""


class Expected(BaseModel):
    """What makes a reply right.

    Attributes:
        kind: How it is looked for.
        answers: Any of these is right; for ``regex`` they are patterns.
        choices: All there are to choose from, for ``choice``.
        case: Whether upper and lower case differ.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    answers: tuple[str, ...]
    choices: tuple[str, ...] = ()
    case: bool = False


def score(reply: str, expected: Expected) -> float:
    """Answer 1 for a right reply, else 0."""
    return float(_MATCHES[expected.kind](reply, expected))


def number_in(text: str) -> float | None:
    """Answer the last number of ``text``, thousands with commas or without."""
    found = _NUMBER.findall(text)
    return float(found[-1].replace(",", "").replace("\u2212", "-")) if found else None


def _exact(reply: str, expected: Expected) -> bool:
    said = _plain(reply, expected.case)
    return any(said == _plain(answer, expected.case) for answer in expected.answers)


def _contains(reply: str, expected: Expected) -> bool:
    return bool(_mentioned(reply, expected.answers, expected.case))


def _regex(reply: str, expected: Expected) -> bool:
    flags = 0 if expected.case else re.IGNORECASE
    return any(re.search(pattern, reply, flags) for pattern in expected.answers)


def _number(reply: str, expected: Expected) -> bool:
    said = number_in(_without_confidence(reply))
    right = [number_in(answer) for answer in expected.answers]
    return said is not None and any(
        value is not None and abs(said - value) <= _CLOSE * max(1.0, abs(value)) for value in right
    )


def _choice(reply: str, expected: Expected) -> bool:
    """The one choice mentioned, or the first after the last conclusion, such as "the answer is"."""
    said = _without_confidence(reply)
    mentioned = _mentioned(said, expected.choices, expected.case)
    if len(set(mentioned)) > 1:
        conclusions = list(_CONCLUSION.finditer(said))
        said = said[conclusions[-1].end() :] if conclusions else ""
        mentioned = _mentioned(said, expected.choices, expected.case)
    wanted = {_folded(answer, expected.case) for answer in expected.answers}
    return bool(mentioned) and mentioned[0] in wanted


def _mentioned(text: str, words: Sequence[str], case: bool) -> list[str]:
    """Answer which of ``words`` stand whole in ``text``, in order, the longest where two do."""
    ordered = sorted(words, key=len, reverse=True)
    one_letter = all(len(word) == 1 for word in words)
    # "a" is also a word, "A" rarely: single letters count as they are written.
    flags = 0 if case or one_letter else re.IGNORECASE
    pattern = "|".join(re.escape(word) for word in ordered)
    found = re.findall(rf"(?<!\w)(?:{pattern})(?!\w)", text, flags)
    return [_folded(word, case) for word in found]


def _plain(text: str, case: bool) -> str:
    """Answer ``text`` without white space, quotation or full stop around it."""
    return _folded(" ".join(text.split()).strip("\"'`* .\u201c\u201d"), case)


def _folded(text: str, case: bool) -> str:
    return text if case else text.casefold()


def _without_confidence(reply: str) -> str:
    """Leave out each clause that tells confidence, and a bare number right after it."""
    kept, before = list[str](), ""
    for clause in (part for part in _CLAUSE.split(reply) if part.strip()):
        told_before = bool(_SURE.search(before)) and number_in(before) is None
        bare = not any(character.isalpha() for character in clause)
        if not _SURE.search(clause) and not (told_before and bare):
            kept.append(clause)
        before = clause
    return "\n".join(kept)


_MATCHES: dict[Kind, Callable[[str, Expected], bool]] = {
    "contains": _contains,
    "exact": _exact,
    "number": _number,
    "regex": _regex,
    "choice": _choice,
}
