"""The ``encode`` plugin: texts in; embeddings, emotion probabilities and affect out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from emoplug import Encoding, SettingsError, hookimpl
from emoplug_sbert._cache import Cache
from emoplug_sbert._heads import AFFECT_SIZE, PROBE, Heads, read_heads
from emoplug_sbert._model import Device, SentenceModel, require_package, unit
from emoplug_sbert._windows import pool

Floats = NDArray[np.float32]
SOURCE = "sbert"


@dataclass(frozen=True)
class _Loaded:
    model: SentenceModel
    heads: Heads


class Encoder:
    """Encodes texts with a SentenceTransformer, loaded on first use and shared by all threads.

    Empty and blank texts get a defined answer, that of a text without words. Texts longer than the
    model's window are cut into windows whose answers are averaged by length, never cut off.

    Raises:
        PluginLoadError: sentence-transformers is not installed.
        SettingsError: the options name no model or no heads.
    """

    class Options(BaseModel):
        """Which model, which heads, and how they run.

        Attributes:
            model: Folder or hub id of a SentenceTransformer; there is no default.
            heads: File made by ``python -m emoplug_sbert.train`` for that model.
            device: ``auto`` takes CUDA where torch finds it, the CPU otherwise.
            cache: Texts whose encodings are remembered.
            batch: Most windows in one pass.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        model: str | None = None
        heads: Path | None = None
        device: Device = "auto"
        cache: int = Field(default=4096, ge=0)
        batch: int = Field(default=32, ge=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()
        require_package()
        self._model, self._heads = _named(self.options)
        self._cache = Cache(self.options.cache)
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer one row for each text; a text seen lately costs no pass."""
        loaded = self._load()
        rows = self._cache.known(texts)
        if any(text not in rows for text in texts):
            # One pass at a time; whoever waited finds what the one before has encoded.
            with self._lock:
                rows = self._cache.known(texts)
                new = [text for text in dict.fromkeys(texts) if text not in rows]
                fresh = dict(zip(new, self._run(loaded, new), strict=True)) if new else {}
                self._cache.keep(fresh)
            rows |= fresh
        return self._encoding(loaded.heads, [rows[text] for text in texts])

    def warm_up(self) -> None:
        """Load model and heads, and run them once."""
        self.encode(["warm up"])

    def diagnose(self) -> Mapping[str, str]:
        """Tell which files are in use, and where the model runs."""
        loaded = self._load()
        return {
            "model": loaded.model.source,
            "heads": str(self._heads),
            "heads trained for": loaded.heads.model,
            "dimension": str(len(loaded.heads.probe)),
            "window": f"{loaded.model.window} tokens",
            "device asked for": self.options.device,
            "device in use": loaded.model.device,
        }

    def _load(self) -> _Loaded:
        if self._ready is None:
            with self._lock:
                if self._ready is None:
                    self._ready = self._open()
        return self._ready

    def _open(self) -> _Loaded:
        heads = read_heads(self._heads)  # first: it takes no time to find wrong
        model = SentenceModel(self._model, self.options.device, self.options.batch)
        heads.check_model(self._heads, self._model, model.vectors([PROBE])[0])
        return _Loaded(model, heads)

    def _run(self, loaded: _Loaded, texts: Sequence[str]) -> Floats:
        """Answer (texts, d + labels + 3) rows: unit embedding, probabilities, affect."""
        windows = loaded.model.cut(texts)
        vectors = loaded.model.vectors([window.words for window in windows])
        felt = loaded.heads.feel(vectors)
        rows = pool(np.concatenate([vectors, felt], axis=1), windows, len(texts))
        size = vectors.shape[1]
        rows[:, :size] = unit(rows[:, :size])
        return rows

    @staticmethod
    def _encoding(heads: Heads, rows: Sequence[Floats]) -> Encoding:
        size, labels = len(heads.probe), len(heads.labels)
        table = np.array(rows, dtype=np.float32).reshape(-1, size + labels + AFFECT_SIZE)
        return Encoding(
            embeddings=table[:, :size],
            labels=heads.labels,
            emotions=table[:, size : size + labels],
            thresholds=heads.thresholds,
            affect=table[:, size + labels :],
            source=SOURCE,
        )


def _named(options: Encoder.Options) -> tuple[str, Path]:
    if options.model is None or options.heads is None:
        absent = [name for name in ("model", "heads") if getattr(options, name) is None]
        raise SettingsError(
            f"plugin {SOURCE!r} has no {' and no '.join(absent)}; set options.sbert.model to the "
            "folder or hub id of a SentenceTransformer, and options.sbert.heads to the file that "
            "python -m emoplug_sbert.train made for it"
        )
    return options.model, options.heads
