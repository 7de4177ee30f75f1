"""The stimuli by name: those of the paper, and the user's own.

Source: Li et al., 2023, arXiv 2307.11760; see ``stimuli.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from emoplug import SettingsError, did_you_mean

LEARNED, NONE = "learned", "none"
PLUS = "+"
_FILE = Path(__file__).with_name("stimuli.toml")
_NUMBER = re.compile(r"(?:ep)?0*(\d{1,2})", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LONGEST = 500
"""Most characters of an own stimulus: it is a sentence or two, and costs tokens in each request."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_FRAME = frozenset("[]")
"""What emoplug's notes begin and end with; a stimulus must not look like one."""


class Stimulus(BaseModel):
    """One stimulus of the paper.

    Attributes:
        name: ``EP01`` to ``EP11``.
        text: Its exact words.
        theories: The psychological theories it draws on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: str
    theories: tuple[str, ...]


class Arm(BaseModel):
    """What may be told: a stimulus, several in order, or nothing.

    Attributes:
        name: Such as ``EP02``, ``EP02+EP08`` or ``none``.
        text: What the model is told; empty for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: str


NOTHING = Arm(name=NONE, text="")


@cache
def paper_stimuli() -> Mapping[str, Stimulus]:
    """Answer the eleven stimuli of the paper by name, in order."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({name: Stimulus(name=name, **facts) for name, facts in read.items()})


def texts_by_name(own: Mapping[str, str]) -> dict[str, str]:
    """Answer the words of every stimulus, the paper's first.

    Raises:
        SettingsError: an own name or text cannot be used.
    """
    texts = {name: stimulus.text for name, stimulus in paper_stimuli().items()}
    for name, text in own.items():
        problem = _name_problem(name) or _text_problem(text)
        if problem:
            raise SettingsError(f"own stimulus {name!r}: {problem}")
        texts[name] = text.strip()
    return texts


def arm_of(chosen: int | str | Iterable[int | str], texts: Mapping[str, str]) -> Arm:
    """Answer the arm of one name or number, or of several joined in the order given.

    Args:
        chosen: Such as ``2``, ``"EP02"``, ``"EP02+EP08"``, ``["EP02", 8]`` or ``"none"``.
        texts: All stimuli.

    Raises:
        SettingsError: a name is unknown, or there is none.
    """
    several = [chosen] if isinstance(chosen, int | str) else list(chosen)
    given = [part.strip() for one in several for part in str(one).split(PLUS)]
    if [name.casefold() for name in given] == [NONE]:
        return NOTHING
    names = list(dict.fromkeys(_known(name, texts) for name in given))
    if not names:
        raise SettingsError("no stimulus is named; name one, such as 'EP02'")
    return Arm(name=PLUS.join(names), text=" ".join(texts[name] for name in names))


def arms_of(chosen: Iterable[str], texts: Mapping[str, str]) -> tuple[Arm, ...]:
    """Answer the arms to compare, ``none`` first; all stimuli one by one where none is chosen.

    Raises:
        SettingsError: a name is unknown, two arms say the same, or there is none but ``none``.
    """
    arms = [arm_of(one, texts) for one in tuple(chosen) or tuple(texts)]
    different = {arm.text: arm for arm in (NOTHING, *arms)}
    for arm in arms:
        if different[arm.text].name != arm.name:
            other = different[arm.text].name
            raise SettingsError(f"arms {arm.name!r} and {other!r} say the same; leave one out")
    if len(different) == 1:
        raise SettingsError("no arm is named beside none; name one, such as 'EP02'")
    return tuple(different.values())


def _known(name: str, texts: Mapping[str, str]) -> str:
    number = _NUMBER.fullmatch(name)
    wanted = f"EP{int(number[1]):02d}" if number else name
    matching = [known for known in texts if known.casefold() == wanted.casefold()]
    if not matching:
        hint = did_you_mean(name.upper(), texts) or did_you_mean(name, texts)
        raise SettingsError(f"no stimulus {name!r}{hint}; there are: {', '.join(texts)}")
    return wanted if wanted in matching else matching[0]


def _name_problem(name: str) -> str:
    if not _NAME.fullmatch(name):
        return "name it with letters, digits, - and _, a letter first, at most 40"
    if name.casefold() in {NONE, LEARNED} or _NUMBER.fullmatch(name):
        return "that name has a meaning here; choose another"
    return ""


def _text_problem(text: str) -> str:
    if not text.strip():
        return "it is blank; write what the model is to be told, or remove it"
    if any(unicodedata.category(character) in _UNSEEN for character in text.strip()):
        return "write it on one line, without control or invisible characters"
    if _FRAME & set(text):
        return "write it without square brackets, which mark emoplug's notes"
    if len(text) > _LONGEST:
        return f"it has {len(text)} characters; keep it within {_LONGEST}"
    return ""
