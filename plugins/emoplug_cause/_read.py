"""Takes causes out of what the dialogue reader understood."""

from __future__ import annotations

from emoplug import Cause, Turn
from emoplug_cause._calibration import calibrated, none_of
from emoplug_cause._edges import widened
from emoplug_cause._found import Found

SOURCE = "cause"
CUT = 0.5
"""The reader's probability from which on it takes a message for a cause, and looks for words."""


def from_comprehension(turn: Turn, last: int) -> Found | None:
    """Answer each message up to ``last`` that was read; ``None`` where nobody looked for causes."""
    comprehension = turn.comprehension
    if comprehension is None or not comprehension.causes[: last + 1].any():
        return None
    likely = {  # a message beyond the reader's window has 0
        index: p for index, p in enumerate(comprehension.causes[: last + 1].tolist()) if p > 0
    }
    scores = {index: calibrated(p, own=index == last) for index, p in likely.items()}
    candidates = [
        Cause(
            index=index,
            span=span and widened(turn.messages[index].text, span),
            score=score,
            source=SOURCE,
        )
        for index, score in scores.items()
        for span in comprehension.cause_spans.get(index) or (None,)
    ]
    chosen = [c for c in candidates if c.index is not None and likely[c.index] >= CUT]
    return Found(candidates, chosen, none_of(scores.values()), SOURCE)
