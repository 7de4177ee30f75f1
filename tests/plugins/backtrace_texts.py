"""What the tests of backtrace share: an article, a question about it, and a language model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emoplug_backtrace._lm import Floats

ARTICLE = [
    "The company was founded in a garage in 1976.",
    "Its net income grew from three to five million dollars in the second quarter.",
    "The weather in the city was mild that week.",
    "",
    "Shares closed a little higher on Friday.",
]
QUESTION = "What happened to the net income in the second quarter?"
"""Goes back to segment 1."""


class Shared:
    """A language model to which each word of the query that was said before is worth 2."""

    def log_likelihood(self, prefixes: Sequence[str], continuation: str) -> Floats:
        wanted = set(continuation.split())
        return np.array([2.0 * len(wanted & set(prefix.split())) for prefix in prefixes])
