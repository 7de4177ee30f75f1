"""The re-ranker's network: a vector for each token of a text, and how much the token counts."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from emoplug import WeightsError, no_telemetry
from emoplug_backtrace._texts import sound

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

if find_spec("onnxruntime") is None:  # to be told when the plugin is loaded, not when it is used
    raise ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")

SHIPPED = Path(__file__).parent / "weights"
FACTS = "reranker.json"
MODEL = "reranker.onnx"
TOKENIZER = "tokenizer.json"
FORMAT = 1
_BATCH = 32
_THREADS = 4
_REPAIR = "reinstall emoplug or make the weights again"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tokens:
    """The tokens of one text, special ones left out.

    Attributes:
        ids: The n of them in the vocabulary.
        vectors: (n, d), each of unit length.
        weights: (n,) how much each counts, never negative.
    """

    ids: tuple[int, ...]
    vectors: Floats
    weights: Floats


@dataclass(frozen=True)
class _Facts:
    window: int
    sha256: dict[str, str]


@dataclass(frozen=True)
class _Loaded:
    session: InferenceSession
    tokenizer: Tokenizer
    window: int
    special: tuple[int, int, int]


class Network:
    """Loads on first use and is then shared by all threads.

    Args:
        folder: Where the weights are.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Answer the tokens of each text; of a long one they are found window by window.

        Raises:
            WeightsError: a file of the weights is missing, was changed or cannot be loaded.
        """
        loaded = self._load()
        encoded = loaded.tokenizer.encode_batch_fast(
            [sound(text) for text in texts], add_special_tokens=False
        )
        room = loaded.window - 2
        pieces = [
            (text, list(e.ids[start : start + room]))
            for text, e in enumerate(encoded)
            for start in range(0, len(e.ids), room)
        ]
        found: list[list[Tokens]] = [[] for _ in texts]
        parts = _run(loaded, [ids for _, ids in pieces])
        for (text, _), part in zip(pieces, parts, strict=True):
            found[text].append(part)
        width = int(loaded.session.get_outputs()[0].shape[2])
        return [_joined(each, width) for each in found]

    def sha256(self) -> dict[str, str]:
        """Answer the hash of each file, checked."""
        return _facts(self._folder).sha256

    def _load(self) -> _Loaded:
        if self._ready is None:
            with self._lock:
                if self._ready is None:
                    self._ready = _open(self._folder)
        return self._ready


def _open(folder: Path) -> _Loaded:
    no_telemetry()
    import onnxruntime

    facts = _facts(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(_THREADS, os.cpu_count() or 1)
    options.log_severity_level = 3
    # Idle worker threads that spin would take the processor from the host application.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # both libraries raise bare exceptions
        raise WeightsError(f"{folder} cannot be loaded: {error}; {_REPAIR}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = (
        _special(tokenizer, "[CLS]"),
        _special(tokenizer, "[SEP]"),
        _special(tokenizer, "[PAD]"),
    )
    return _Loaded(session, tokenizer, facts.window, special)


def _special(tokenizer: Tokenizer, name: str) -> int:
    token = tokenizer.token_to_id(name)
    if token is None:
        raise WeightsError(f"the tokenizer has no {name} token; {_REPAIR}")
    return int(token)


def _facts(folder: Path) -> _Facts:
    """Read the facts of a folder of weights, and hold its files to them."""
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            raise WeightsError(f"{folder / FACTS} is not of format {FORMAT}; {_REPAIR}")
        for name, digest in facts["sha256"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
                problem = f"its SHA-256 is not the one in {FACTS}"
                raise WeightsError(f"{folder / name} is corrupt: {problem}; {_REPAIR}")
        return _Facts(int(facts["window"]), dict(facts["sha256"]))
    except OSError as error:
        raise WeightsError(f"{error.filename} is missing or unreadable; {_REPAIR}") from error
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise WeightsError(f"{folder / FACTS} is corrupt: {error!r}; {_REPAIR}") from error


def _run(loaded: _Loaded, rows: Sequence[Sequence[int]]) -> list[Tokens]:
    """Run rows of token ids, those of like length together, so that little is padding."""
    first, last, padding = loaded.special
    answers: dict[int, Tokens] = {}
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        ids = np.full((len(chosen), len(rows[chosen[-1]]) + 2), padding, dtype=np.int64)
        for line, index in zip(ids, chosen, strict=True):
            line[: len(rows[index]) + 2] = (first, *rows[index], last)
        feed = {"input_ids": ids, "attention_mask": (ids != padding).astype(np.int64)}
        vectors, weights = loaded.session.run(None, feed)
        for row, index in enumerate(chosen):
            inner = slice(1, len(rows[index]) + 1)
            answers[index] = Tokens(
                tuple(rows[index]), vectors[row, inner].copy(), weights[row, inner].copy()
            )
    return [answers[index] for index in range(len(rows))]


def _joined(parts: Sequence[Tokens], width: int) -> Tokens:
    if not parts:
        return Tokens((), np.empty((0, width), np.float32), np.empty(0, np.float32))
    if len(parts) == 1:
        return parts[0]
    return Tokens(
        tuple(token for part in parts for token in part.ids),
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )
