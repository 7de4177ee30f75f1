"""Tells whether there is an emotion to explain."""

from __future__ import annotations

from emoplug import Turn

CALM = frozenset({"neutral", "no emotion"})
"""What label sets call the absence of feeling."""


def felt(turn: Turn, last: int) -> bool:
    """Tell whether message ``last`` shows a feeling; where nobody has read it, it may.

    A feeling that holds beside neutral counts: the worst news come in the plainest words.
    """
    if not turn.messages[last].text.strip():
        return False
    if turn.reading is not None:
        return not {turn.reading.emotion, *turn.reading.labels} <= CALM
    told = _in_context(turn, last)
    return not told or not told <= CALM


def _in_context(turn: Turn, last: int) -> set[str]:
    """Answer the likeliest label in each view that knows the absence of feeling."""
    views = turn.comprehension.views.values() if turn.comprehension else ()
    return {
        view.labels[int(view.probabilities[last].argmax())]
        for view in views
        if CALM & set(view.labels) and view.probabilities[last].any()
    }
