"""Scores segments by how likely a language model finds the query after them.

Source: Wang et al., Backtracing: Retrieving the Cause of the Query (Findings of EACL 2024). There
a document is a row of segments x_1 ... x_n, and the segment that caused the query q is sought.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from emoplug import InputError, SettingsError, did_you_mean
from emoplug_backtrace._lm import Floats, LanguageModel

Method = Literal["single", "autoregressive", "ate"]
BETWEEN = " "
"""Joins segments."""
ASKED = "\n"
"""Stands before the query; both are the paper's."""


class Likelihood:
    """Ranks the segments of a document as causes of a query; higher is likelier the cause.

    With log p(q | c), the sum of the log probabilities of the query's tokens after a context c:

    * ``single``: log p(q | x_t), each segment by itself.
    * ``autoregressive``: log p(q | x_1 ... x_t), the document up to and with the segment.
    * ``ate``: log p(q | x_1 ... x_n) - log p(q | x_1 ... x_n without x_t), the average treatment
      effect: how much likelier the segment makes the query.

    A context longer than the model's window loses its beginning, where the paper leaves such
    documents out. ``neighbours`` then shows each segment in a context of its own, the same with
    and without it. The paper's labels, such as "Question: ", are part of the texts one gives.

    Args:
        model: The language model.
        method: How to score.
        neighbours: Most segments shown on each side of x_t (before it, for ``autoregressive``);
            ``None`` shows the document. ``single`` shows none.

    Raises:
        SettingsError: there is no such method, or fewer than no neighbours.
    """

    def __init__(
        self, model: LanguageModel, method: Method = "single", neighbours: int | None = None
    ) -> None:
        if method not in get_args(Method):
            known = get_args(Method)
            raise SettingsError(
                f"no method is called {method!r}{did_you_mean(method, known)}; "
                f"methods: {', '.join(known)}"
            )
        if neighbours is not None and neighbours < 0:
            raise SettingsError(f"{neighbours} neighbours cannot be shown; give 0 or more, or None")
        self._model, self._method, self._neighbours = model, method, neighbours

    def score(self, query: str, segments: Sequence[str]) -> Floats:
        """Answer one number for each of the n segments, (n,); comparable within one query.

        Raises:
            InputError: the query is blank, or too long for the model.
        """
        if not query.strip():
            raise InputError("the query is blank; ask about a text with some words in it")
        if self._method == "single":
            return self._after(query, segments)
        places = range(len(segments))
        before = [segments[self._first(place) : place] for place in places]
        to_it = [(*texts, segments[place]) for place, texts in zip(places, before, strict=True)]
        if self._method == "autoregressive":
            return self._after(query, [BETWEEN.join(texts) for texts in to_it])
        after = [segments[place + 1 : self._end(place, len(segments))] for place in places]
        shown = [BETWEEN.join((*to, *then)) for to, then in zip(to_it, after, strict=True)]
        without = [BETWEEN.join((*up_to, *then)) for up_to, then in zip(before, after, strict=True)]
        return self._after(query, shown) - self._after(query, without)

    def _after(self, query: str, contexts: Sequence[str]) -> Floats:
        """Answer the log likelihood of the query after each context; equal ones are asked once."""
        places = {context: place for place, context in enumerate(dict.fromkeys(contexts))}
        found = self._model.log_likelihood([context + ASKED for context in places], query)
        return found[[places[context] for context in contexts]]

    def _first(self, place: int) -> int:
        return 0 if self._neighbours is None else max(0, place - self._neighbours)

    def _end(self, place: int, count: int) -> int:
        return count if self._neighbours is None else min(count, place + 1 + self._neighbours)
