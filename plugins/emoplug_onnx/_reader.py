"""The dialogue reader: a conversation in; emotion in context, causes, words and strategy out."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from emoplug import STRATEGIES, Comprehension, EmotionView, Message, Turn, WeightsError
from emoplug_onnx._layout import LONGEST, NOWHERE, Layout, Marker, lay_out, positions
from emoplug_onnx._reader_weights import ReaderWeights, read_weights
from emoplug_onnx._session import Device, Fallback, open_session
from emoplug_onnx._spans import best_span

Floats = NDArray[np.float32]
Outputs = Mapping[str, Floats]
STRATEGY, RATINGS, CAUSES, WORDS = "esconv", "wassa", "causes", "words"
SOURCE = "onnx"
CUT = 0.5
"""Probability from which on a message is a cause, and its words are looked for."""


@dataclass(frozen=True)
class _Loaded:
    weights: ReaderWeights
    session: onnxruntime.InferenceSession
    marker: Marker


class DialogueReader:
    """Reads the last messages that fit into its window, loaded on first use.

    Args:
        folder: Where ``reader.json`` and its files are.
        device: ``auto``, ``cpu`` or ``cuda``.
        fallback: What to do when ``cuda`` was asked for and is not in use.
        threads: Threads in one pass; 0 chooses by the machine.
        hidden: Views that are not told.
    """

    def __init__(
        self,
        folder: Path,
        device: Device = "auto",
        fallback: Fallback = "raise",
        threads: int = 0,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self._folder, self._hidden = folder, hidden
        self._device: Device = device
        self._fallback: Fallback = fallback
        self._threads = threads
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None

    def comprehend(self, turn: Turn) -> Comprehension | None:
        """Read the conversation once; ``None`` when nobody said anything."""
        said = turn.encoded
        if not said:
            return None
        loaded = self._load()
        messages = [turn.messages[index] for index in said]
        speakers = [speaker(message) for message in messages]
        utterances = loaded.marker.mark(speakers, [message.text for message in messages])
        layout = lay_out(utterances, loaded.marker.start, loaded.weights.window)
        read = said[layout.first :]
        last = turn.last_user
        target = read.index(last) if last in read else None
        outputs = self._run(loaded, layout, speakers[layout.first :], target)
        return self._told(loaded.weights, outputs, turn, read, layout, target)

    def diagnose(self) -> Mapping[str, str]:
        """Tell which files are in use and under which licence."""
        weights = self._load().weights
        return {
            **{f"sha256 {name}": digest for name, digest in weights.sha256.items()},
            "licence of the reader": weights.licence,
        }

    def warm_up(self) -> None:
        """Load the network and run it once."""
        self.comprehend(Turn(messages=(Message(role="user", content="warm up"),)))

    def _load(self) -> _Loaded:
        if self._ready is None:
            with self._lock:
                if self._ready is None:
                    self._ready = self._open()
        return self._ready

    def _open(self) -> _Loaded:
        weights = read_weights(self._folder)
        session = open_session(weights.model, self._device, self._fallback, self._threads)
        try:
            tokenizer = Tokenizer.from_file(str(weights.tokenizer))
        except Exception as error:  # the library raises bare Exception
            raise WeightsError(f"{weights.tokenizer} is no tokenizer: {error}") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return _Loaded(weights, session, Marker(tokenizer))

    @staticmethod
    def _run(loaded: _Loaded, layout: Layout, speakers: list[str], target: int | None) -> Outputs:
        """Answer each output for the one conversation, its batch axis taken off."""
        pool, starts = positions(layout)
        wanted = len(layout) - 1 if target is None else target
        own = np.array([name == speakers[wanted] for name in speakers], dtype=np.int64)
        feed = {
            "input_ids": layout.ids[None],
            "owner": layout.owner[None],
            "pool": pool[None],
            "starts": starts[None],
            "target": np.array([wanted]),
            "same": own[layout.owner][None],
        }
        names = [output.name for output in loaded.session.get_outputs()]
        answers = loaded.session.run(None, feed)
        return {name: answer[0] for name, answer in zip(names, answers, strict=True)}

    def _told(
        self,
        weights: ReaderWeights,
        outputs: Outputs,
        turn: Turn,
        read: tuple[int, ...],
        layout: Layout,
        target: int | None,
    ) -> Comprehension:
        count, rows = len(turn.messages), list(read)
        views = {}
        for name, head in weights.heads.items():
            if name != STRATEGY and name not in self._hidden:
                table = np.zeros((count, len(head.labels)), dtype=np.float32)
                table[rows] = head.probabilities(outputs[name])
                views[name] = EmotionView(labels=head.labels, probabilities=table)
        planned = weights.heads[STRATEGY]
        strategies = planned.probabilities(outputs[STRATEGY][-1]).tolist()
        causes = np.zeros(count, dtype=np.float32)
        spans: dict[int, tuple[tuple[int, int], ...]] = {}
        ratings: dict[str, float] = {}
        if target is not None:
            scores = weights.cause_scores(outputs[CAUSES][: target + 1])
            causes[rows[: target + 1]] = 1 / (1 + np.exp(-scores))
            spans = _spans(outputs[WORDS], layout, read, causes)
            middle, spread = weights.rating_scale
            row = outputs[RATINGS][target].tolist()
            ratings = {
                name: middle + spread * value
                for name, value in zip(weights.ratings, row, strict=True)
            }
        chosen = dict(zip(planned.labels, strategies, strict=True))
        return Comprehension(
            views=views,
            causes=causes,
            cause_spans=spans,
            strategies={name: chosen[name] for name in STRATEGIES},
            ratings=ratings,
            source=SOURCE,
        )


def speaker(message: Message) -> str:
    """Name who speaks as the network knows them: by first name, else A for the user, B for others.

    A name is a word, not an essay: of a long one the beginning is read.
    """
    name = (message.name or "").split()
    return name[0] if name else ("A" if message.role == "user" else "B")


def _spans(
    words: Floats, layout: Layout, read: tuple[int, ...], causes: Floats
) -> dict[int, tuple[tuple[int, int], ...]]:
    """Answer the causing characters of each message that is a cause."""
    spans: dict[int, tuple[tuple[int, int], ...]] = {}
    for utterance, index in enumerate(read):
        if causes[index] < CUT:
            continue
        own = [
            token
            for token in np.flatnonzero(layout.owner == utterance)
            if layout.offsets[token] != NOWHERE
        ]
        if own:
            gap = LONGEST // 2 if len(own) == LONGEST else None
            first, last = best_span(words[own, 0], words[own, 1], gap)
            spans[index] = ((layout.offsets[own[first]][0], layout.offsets[own[last]][1]),)
    return spans
