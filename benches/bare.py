"""What nobody can leave out: the networks' own runs on numbers that are ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import faiss
import numpy as np

from emoplug.index._threads import threads
from emoplug_onnx import Networks
from emoplug_onnx._layout import lay_out, positions
from emoplug_onnx._windows import ON_GPU, buckets, cut

Run = Callable[[], object]


class Bare:
    """Runs of the sessions that ``networks`` has loaded."""

    def __init__(self, networks: Networks) -> None:
        assert networks._reader is not None
        self._encoder = networks._encoder._load()
        self._reader = networks._reader._load()

    def encoding(self, texts: Sequence[str]) -> Run:
        """Answer the passes of the encoder on ``texts``: by length, as few as can be."""
        session, tokenizer = self._encoder.session, self._encoder.tokenizer
        encoded = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        first, last = (int(tokenizer.token_to_id(name) or 0) for name in ("[CLS]", "[SEP]"))
        windows = cut([one.ids for one in encoded], self._encoder.weights.window, first, last)
        feeds = [
            {"input_ids": bucket.ids, "attention_mask": bucket.mask}
            for bucket in buckets(windows, 32, 0, ON_GPU)
        ]
        return lambda: [session.run(None, feed) for feed in feeds]

    def reading(self, messages: Sequence[dict[str, str]], new: int) -> Run:
        """Answer the passes of the reader on the last ``new`` messages, and on the causes."""
        network = self._reader.network
        utterances = [
            self._reader.utterance("A" if said["role"] == "user" else "B", said["content"])
            for said in messages
        ]
        layout = lay_out(utterances, self._reader.start)
        rows = network.read(layout, network.nothing).rows
        first = len(layout) - new
        fresh = layout.part(max(0, first), len(layout))
        seen = rows[:, : len(layout.ids) - len(fresh.ids)]
        pool, starts = positions(fresh)
        place = np.arange(seen.shape[1], len(layout.ids))
        feed: dict[str, Any] = {
            "ids": fresh.ids[None],
            "position": place[None],
            "owner": fresh.owner[None],
            "pool": pool[None],
            "starts": starts[None],
            **{name: seen[index][None] for index, name in enumerate(network._past)},
        }
        causes: dict[str, Any] = {
            "states": rows[-1][None],
            "away": (len(layout) - 1 - layout.owner)[None],
            "same": (layout.owner % 2)[None],
            "pool": positions(layout)[0][None],
        }
        return lambda: (network._reading.run(None, feed), network._explaining.run(None, causes))

    def search(self, vectors: int) -> Run:
        """Answer faiss's comparison of a query with so many vectors."""
        index = faiss.IndexFlatIP(384)
        rows = np.random.default_rng(7).standard_normal((vectors, 384), dtype=np.float32)
        index.add(rows)

        def run() -> object:
            with threads(1):  # others of OpenMP's stay awake for longer than this takes
                return index.search(rows[:2], 32)

        return run
