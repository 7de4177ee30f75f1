"""What the test server can be told to do with a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SAID = "It sounds like today was hard. I am here."


@dataclass(frozen=True)
class Reply:
    """Say ``text``; in a stream, word by word."""

    text: str = SAID


@dataclass(frozen=True)
class ToolCall:
    """Ask for a tool, after saying ``text`` where given."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Failure:
    """Answer an HTTP error in OpenAI's shape; ``retry_after`` in seconds."""

    status: int
    retry_after: float | None = None
    message: str = "this failure was asked for"


@dataclass(frozen=True)
class Drop:
    """Cut the connection: after this many words of a stream, or before any plain answer."""

    after_chunks: int = 0
    text: str = SAID


@dataclass(frozen=True)
class Slow:
    """Say ``text`` with a pause before each word, or before the plain answer; in seconds."""

    chunk_delay: float
    text: str = SAID


@dataclass(frozen=True)
class Raw:
    """Answer these bytes; ``chunks`` of a stream one by one, or all at once as JSON."""

    chunks: tuple[bytes, ...]
    stream: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """Say nothing for so many seconds, then cut the connection."""

    seconds: float


Behaviour = Reply | ToolCall | Failure | Drop | Slow | Raw | Hang
