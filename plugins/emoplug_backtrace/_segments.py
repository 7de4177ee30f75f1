"""The segments of a document, lecture or conversation, and how they are read from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from emoplug import InputError

_SENTENCE = re.compile(r"\S.*?(?:[.!?][\"')\]]*(?=\s)|$)")


class Segment(BaseModel):
    """One segment.

    Attributes:
        text: Its words.
        speaker: Who says it, in a conversation.
        start: Seconds from the beginning of a recording, where known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    speaker: str | None = None
    start: float | None = Field(default=None, allow_inf_nan=False)


def as_segments(segments: Iterable[str | Segment]) -> tuple[Segment, ...]:
    """Read segments given in code.

    Raises:
        InputError: there are none, or one is neither a text nor a ``Segment``.
    """
    if isinstance(segments, str):
        raise InputError("one text is no list of segments; give its sentences or lines")
    found = [_as_segment(place, segment) for place, segment in enumerate(segments)]
    if not found:
        raise InputError("there are no segments; give at least one")
    return tuple(found)


def _as_segment(place: int, segment: object) -> Segment:
    if isinstance(segment, Segment):
        return segment
    if isinstance(segment, str):
        return Segment(text=segment)
    kind = type(segment).__name__
    raise InputError(f"segment {place} is a {kind}; give a text or a Segment")


def read_segments(path: Path) -> tuple[Segment, ...]:
    """Read a file: JSON lines with ``text`` (and ``speaker``, ``start``), or plain text.

    Of plain text each line is a segment; of a single line each sentence.

    Raises:
        InputError: it cannot be read, or has no text; it names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}; give a text file in UTF-8") from error
    # Not splitlines(): JSON strings may hold other line separators, such as U+2028.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise InputError(f"{path} has no text; give one with a segment a line")
    if path.suffix in (".jsonl", ".ndjson"):
        return tuple(_read_line(path, number, line) for number, line in lines)
    texts = [line.strip() for _, line in lines]
    return as_segments(sentences(texts[0]) if len(texts) == 1 else texts)


def sentences(text: str) -> list[str]:
    """Cut a line after its full stops, question and exclamation marks."""
    return _SENTENCE.findall(text)


def _read_line(path: Path, number: int, line: str) -> Segment:
    try:
        return Segment.model_validate(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f'{path}, line {number} is no segment; write {{"text": "..."}}, with "speaker" and '
            '"start" (seconds) where known'
        ) from error
