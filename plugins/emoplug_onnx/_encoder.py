"""The ``encode`` plugin: texts in; embeddings, emotion probabilities and affect out."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer

from emoplug import Encoding, PrefixCache, WeightsError, fingerprints, hookimpl
from emoplug_onnx._cache import Cache
from emoplug_onnx._files import tokenizer_of
from emoplug_onnx._rows import Rows
from emoplug_onnx._session import CPU, Device, Fallback, open_session, passes_for
from emoplug_onnx._weights import MODEL, TOKENIZER, Weights, find_weights
from emoplug_onnx._windows import ON_CPU, ON_GPU, Bucket, Costs, buckets, cut, pool

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
AFFECT_SIZE = 3
SOURCE = "onnx"
_LONG, _HISTORIES = 32, 32
"""Texts from which on a history is kept as a whole, and how many are: one that goes on then costs
no copy of what was encoded before."""


@dataclass(frozen=True)
class _Loaded:
    weights: Weights
    session: InferenceSession
    tokenizer: Tokenizer
    costs: Costs
    width: int


class Encoder:
    """Encodes texts with one network, loaded on first use and then shared by all threads.

    Empty and blank texts get a defined answer, that of a text without words. Texts longer than the
    window are cut into equal windows whose answers are averaged by length, never cut off.
    """

    class Options(BaseModel):
        """How the encoder runs.

        Attributes:
            weights: Folder or hub id; the shipped weights by default.
            device: ``auto`` takes CUDA where it works, the CPU otherwise.
            fallback: What to do when ``cuda`` was asked for and is not in use.
            cache: Texts whose encodings are remembered, 1.7 kB each.
            batch: Most texts in one pass.
            threads: Threads in one pass; 0: half as many as cores, 4 at most. Of many texts as many
                passes run at a time as fill the cores.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        weights: str | None = None
        device: Device = "auto"
        fallback: Fallback = "raise"
        cache: int = Field(default=4096, ge=0)
        batch: int = Field(default=32, ge=1)
        threads: int = Field(default=0, ge=0)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()
        self._cache = Cache(self.options.cache)
        self._histories: PrefixCache[str | bytes, Rows[np.float32]] = PrefixCache(
            _HISTORIES, self.options.cache
        )
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None
        self._passes = passes_for(self.options.threads)

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer one row for each text; a text seen lately costs no pass."""
        loaded = self._load()
        if not _LONG <= len(texts) <= self.options.cache:
            return self._encoding(loaded, self._table(loaded, texts))
        prints = tuple(fingerprints(texts))
        before, known = self._histories.find(prints)
        new = self._table(loaded, texts[known:])
        if before is None:
            before = Rows(new[None, :0], len(texts))
        rows = before.extended(known, new[None])
        self._histories.put(prints, rows, len(texts))
        return self._encoding(loaded, rows.first(len(texts))[0])

    def warm_up(self) -> None:
        """Load the network and run it once."""
        self.encode(["warm up"])

    def diagnose(self) -> Mapping[str, str]:
        """Tell which files are in use, and where the network runs."""
        loaded = self._load()
        return {
            "weights": str(loaded.weights.folder),
            **{f"sha256 {name}": digest for name, digest in loaded.weights.sha256.items()},
            "device asked for": self.options.device,
            "provider in use": loaded.session.get_providers()[0],
        }

    def _load(self) -> _Loaded:
        if self._ready is None:
            with self._lock:
                if self._ready is None:
                    self._ready = self._open()
        return self._ready

    def _open(self) -> _Loaded:
        options, weights = self.options, find_weights(self.options.weights)
        contents = weights.read()
        session = open_session(
            weights.folder / MODEL,
            contents[MODEL],
            options.device,
            options.fallback,
            options.threads,
        )
        tokenizer = tokenizer_of(weights.folder / TOKENIZER, contents[TOKENIZER])
        costs = ON_CPU if session.get_providers()[0] == CPU else ON_GPU
        width = int(session.get_outputs()[0].shape[1])
        return _Loaded(weights, session, tokenizer, costs, width)

    def _table(self, loaded: _Loaded, texts: Sequence[str]) -> Floats:
        """Answer a row for each text, of those that are not remembered by a pass."""
        table = np.empty((len(texts), self._columns(loaded)), dtype=np.float32)
        missing = self._cache.fill(texts, table)
        new = list(dict.fromkeys(texts[number] for number in missing))
        fresh = dict(zip(new, self._run(new) if new else (), strict=True))
        for number in missing:
            table[number] = fresh[texts[number]]
        self._cache.put(fresh)
        return table

    def _run(self, texts: Sequence[str]) -> Floats:
        """Answer (texts, d + labels + 3) rows: unit embedding, probabilities, affect."""
        loaded = self._load()
        tokenizer, weights = loaded.tokenizer, loaded.weights
        # Half a surrogate pair, as broken clients send it, is no text for a tokenizer.
        sound = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        encoded = tokenizer.encode_batch_fast(sound, add_special_tokens=False)
        first, last, padding = (_special(tokenizer, name) for name in ("[CLS]", "[SEP]", "[PAD]"))
        windows = cut([e.ids for e in encoded], weights.window, first, last)
        full = list(buckets(windows, self.options.batch, padding, loaded.costs))
        rows = np.empty((len(windows), self._columns(loaded)), dtype=np.float32)
        for bucket, block in zip(full, self._passed(loaded, full), strict=True):
            rows[list(bucket.windows)] = block
        return self._normal(pool(rows, windows, len(texts)), len(weights.labels))

    def _passed(self, loaded: _Loaded, full: Sequence[Bucket]) -> Iterable[Floats]:
        """Answer what the network says of each bucket, as many at a time as the cores can."""

        def one(bucket: Bucket) -> Floats:
            feed = {"input_ids": bucket.ids, "attention_mask": bucket.mask}
            embedding, emotion, affect = loaded.session.run(None, feed)
            probability = 1 / (1 + np.exp(-emotion / np.float32(loaded.weights.temperature)))
            return np.concatenate([embedding, probability, affect], axis=1, dtype=np.float32)

        if sum(len(bucket.windows) for bucket in full) <= self.options.batch or self._passes == 1:
            return map(one, full)  # other callers, and the reader, need the other cores
        with ThreadPoolExecutor(self._passes) as passes:
            return list(passes.map(one, full))

    @staticmethod
    def _normal(rows: Floats, labels: int) -> Floats:
        """Bring embeddings back to unit length after averaging, and affect into -1..1."""
        width = rows.shape[1] - labels - AFFECT_SIZE
        rows[:, :width] /= np.linalg.norm(rows[:, :width], axis=1, keepdims=True) + 1e-12
        np.clip(rows[:, width + labels :], -1.0, 1.0, out=rows[:, width + labels :])
        return rows

    @staticmethod
    def _columns(loaded: _Loaded) -> int:
        return loaded.width + len(loaded.weights.labels) + AFFECT_SIZE

    @staticmethod
    def _encoding(loaded: _Loaded, table: Floats) -> Encoding:
        weights, width = loaded.weights, loaded.width
        labels = len(weights.labels)
        return Encoding(
            embeddings=table[:, :width],
            labels=weights.labels,
            emotions=table[:, width : width + labels],
            thresholds=np.array(weights.thresholds, dtype=np.float32),
            affect=table[:, width + labels :],
            source=SOURCE,
        )


def _special(tokenizer: Tokenizer, name: str) -> int:
    token = tokenizer.token_to_id(name)
    if token is None:
        raise WeightsError(f"the tokenizer has no {name} token; use weights made by our training")
    return int(token)
