"""Late interaction: how well each text answers to each token of a query.

Source: Khattab and Zaharia, ColBERT (SIGIR 2020): the best match of each query token, summed. Here
tokens count by their weight, so that rare words of the query say more than common ones.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emoplug_backtrace._network import Network, Tokens

Floats = NDArray[np.float32]


class LateInteraction:
    """Scores texts against a query; tokens of texts seen lately are remembered.

    Args:
        network: Tells tokens.
        capacity: Most texts remembered; one of 20 tokens takes 30 kB.
    """

    def __init__(self, network: Network, capacity: int = 4096) -> None:
        self._network, self._capacity = network, capacity
        self._known: OrderedDict[str, Tokens] = OrderedDict()
        self._lock = threading.Lock()

    def score(self, query: str, texts: Sequence[str], *, rare: bool = False) -> Floats:
        """Answer the mean best cosine of the query's tokens in each text, (n,), in -1..1.

        Args:
            query: What is asked.
            texts: The n texts.
            rare: Whether a token counts the less, the more of these texts have it.
        """
        # Apart: int8 vectors depend on their batch a little, and answers must not on its order.
        (asked,), known = self._tokens([query]), self._tokens(texts)
        weights = asked.weights * _rarity(asked, known) if rare else asked.weights
        total = weights.sum()
        if total <= 0:
            return np.zeros(len(texts), dtype=np.float32)
        share = weights / total
        sizes = np.array([len(tokens.weights) for tokens in known])
        scores = np.zeros(len(texts), dtype=np.float32)
        filled = np.flatnonzero(sizes)
        if len(filled):
            cosines = np.concatenate([known[index].vectors for index in filled]) @ asked.vectors.T
            starts = np.cumsum(sizes[filled]) - sizes[filled]
            scores[filled] = np.maximum.reduceat(cosines, starts, axis=0) @ share
        return scores

    def _tokens(self, texts: Sequence[str]) -> list[Tokens]:
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        found.update(zip(new, self._network.tokens(new), strict=True))
        with self._lock:
            for text in texts:
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return [found[text] for text in texts]


def _rarity(asked: Tokens, texts: Sequence[Tokens]) -> Floats:
    """Answer log((N + 1) / (n + 1)) of each token of the query, where n of N texts have it."""
    holding = Counter(token for text in texts for token in set(text.ids))
    counts = np.array([holding[token] for token in asked.ids], dtype=np.float32)
    answer: Floats = np.log((len(texts) + 1) / (counts + 1))
    return answer
