"""What one source says of causes, before the options choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emoplug import Cause


@dataclass(frozen=True)
class Found:
    """Candidates of one source.

    Attributes:
        candidates: Every message that may be a cause, in the order said.
        chosen: Those that the source itself takes for causes.
        outside: Probability that nothing that was said is a cause.
        source: Who says so.
    """

    candidates: Sequence[Cause]
    chosen: Sequence[Cause]
    outside: float
    source: str
