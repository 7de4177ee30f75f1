"""The ``explain`` plugin: causes by the dialogue reader, or by a rule where nobody has read."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from emoplug import Cause, Turn, hookimpl
from emoplug_cause._feeling import felt
from emoplug_cause._read import from_comprehension
from emoplug_cause._rule import by_rule


class Causes:
    """Ranks what was said by how probably it caused the last user emotion."""

    class Options(BaseModel):
        """How much to tell.

        Attributes:
            cut: Least probability of a cause that is told. ``None`` leaves the decision to the
                dialogue reader, and without one to the rule.
            most: Most causes told.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        cut: float | None = Field(default=None, ge=0, le=1)
        most: int = Field(default=3, ge=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()

    @hookimpl
    def explain(self, turn: Turn) -> Sequence[Cause] | None:
        """Answer causes, best first; where nothing that was said is one, that, without a message.

        ``None`` where nothing is felt: there is nothing to explain.
        """
        last = turn.last_user
        if last is None or not felt(turn, last):
            return None
        found = from_comprehension(turn, last) or by_rule(turn, last)
        cut = self.options.cut
        told = found.chosen if cut is None else [c for c in found.candidates if c.score >= cut]
        if not told:
            return [Cause(index=None, score=found.outside, source=found.source)]
        return sorted(told, key=lambda cause: -cause.score)[: self.options.most]
