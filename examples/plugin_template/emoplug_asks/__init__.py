"""Finds whether a reply asks the person anything."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from emoplug import Finding, Turn, hookimpl

_OPEN = re.compile(r"\b(how|what|why|tell me|describe)\b[^.!?]*[?.]", re.IGNORECASE)


class Asks:
    """Scores a reply 1 for an open question, less for a closed one, 0 for none."""

    name = "asks"

    class Options(BaseModel):
        """How much a closed question counts."""

        model_config = ConfigDict(frozen=True, extra="forbid")

        closed: float = Field(default=0.5, ge=0, le=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding]:
        """Answer one finding for every reply."""
        if _OPEN.search(reply):
            score, explanation = 1.0, "asks an open question"
        elif "?" in reply:
            score, explanation = self.options.closed, "asks a closed question"
        else:
            score, explanation = 0.0, "asks nothing"
        return [Finding(name="asks", score=score, explanation=explanation, source=self.name)]
