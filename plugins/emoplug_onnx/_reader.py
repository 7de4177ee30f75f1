"""The dialogue reader: a conversation in; emotion in context, causes, words and strategy out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emoplug import Comprehension, Message, Turn
from emoplug_onnx._contexts import Context, Contexts, Said
from emoplug_onnx._files import tokenizer_of
from emoplug_onnx._layout import Layout, Marker, Utterance, lay_out, window_start
from emoplug_onnx._network import Network
from emoplug_onnx._reader_weights import TOKENIZER, ReaderWeights, read_weights
from emoplug_onnx._rows import Rows
from emoplug_onnx._session import Device, Fallback
from emoplug_onnx._told import Explained, tell

Floats = NDArray[np.float32]
_BLOCK = 128
"""Where a window may begin is looked for from a multiple of so many messages on, so that a turn of
a long conversation costs no more than one of a short one."""
_UTTERANCES, _SHORT = 4_096, 500
"""Messages whose tokens are kept, of so many characters at most."""


@dataclass(frozen=True)
class _Loaded:
    weights: ReaderWeights
    network: Network
    start: int
    utterance: Callable[[str, str], Utterance]
    empty: Context


class DialogueReader:
    """Reads the last messages that fit into its window, loaded on first use.

    A turn that goes on from one read lately reads what is new in it, and no more.

    Args:
        folder: Where ``reader.json`` and its files are.
        device: ``auto``, ``cpu`` or ``cuda``.
        fallback: What to do when ``cuda`` was asked for and is not in use.
        threads: Threads in one pass; 0 chooses by the machine.
        hidden: Views that are not told.
        contexts: Conversations of which is kept what was read.
    """

    def __init__(
        self,
        folder: Path,
        device: Device = "auto",
        fallback: Fallback = "raise",
        threads: int = 0,
        hidden: frozenset[str] = frozenset(),
        contexts: int = 16,
    ) -> None:
        self._folder, self._hidden = folder, hidden
        self._device: Device = device
        self._fallback: Fallback = fallback
        self._threads = threads
        self._contexts = Contexts(contexts)
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None

    def comprehend(self, turn: Turn) -> Comprehension | None:
        """Read the conversation; ``None`` when nobody said anything."""
        spoken = turn.encoded
        if not spoken:
            return None
        loaded = self._load()
        indices = spoken[_looked_at(len(spoken)) :]
        texts = turn.texts[-len(indices) :]
        prints = turn.dialogue.fingerprints[-len(indices) :]
        speakers = [speaker(turn.messages[index]) for index in indices]
        utterances = [loaded.utterance(*one) for one in zip(speakers, texts, strict=True)]
        said: list[Said] = list(zip(speakers, prints, strict=True))
        first = window_start([len(one.ids) for one in utterances], loaded.weights.window)
        layout = lay_out(utterances[first:], loaded.start, loaded.weights.window)
        read, said = indices[first:], said[first:]
        context = self._read(loaded, layout, said)
        last = turn.last_user
        target = read.index(last) if last in read else None
        explained = None if target is None else self._explain(loaded, layout, context, target)
        return tell(loaded.weights, turn, read, context.judged, explained, self._hidden)

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
        contents = weights.read()
        network = Network(weights.folder, contents, self._device, self._fallback, self._threads)
        marker = Marker(tokenizer_of(weights.folder / TOKENIZER, contents[TOKENIZER]))
        known = lru_cache(_UTTERANCES)(marker.utterance)

        def utterance(speaker: str, text: str) -> Utterance:
            make = known if len(text) <= _SHORT else marker.utterance
            return make(speaker, text)

        empty = Context((), (), Rows(network.nothing, weights.window), {})
        return _Loaded(weights, network, marker.start, utterance, empty)

    def _read(self, loaded: _Loaded, layout: Layout, said: Sequence[Said]) -> Context:
        """Answer what is known of ``said``, and perhaps of more, having read what is new."""
        context, known = self._contexts.find(said, loaded.empty)
        if known < len(said):
            new = layout.part(known, len(said))
            read = loaded.network.read(new, context.seen(known))
            ends = np.searchsorted(layout.owner, np.arange(known, len(said)), side="right")
            context = context.extended(known, said[known:], ends.tolist(), read)
        self._contexts.put(context)
        return context

    @staticmethod
    def _explain(loaded: _Loaded, layout: Layout, context: Context, target: int) -> Explained:
        """Find causes of the emotion of utterance ``target``."""
        said = layout.part(0, target + 1)
        states = context.seen(target + 1)[-1]
        speakers = [who for who, _ in context.said[: target + 1]]
        same = np.array([who == speakers[target] for who in speakers])
        causes, words = loaded.network.explain(said, states, same)
        return Explained(said, causes, words)


def speaker(message: Message) -> str:
    """Name who speaks as the network knows them: by first name, else A for the user, B for others.

    A name is a word, not an essay: of a long one the beginning is read.
    """
    name = (message.name or "").split()
    return name[0] if name else ("A" if message.role == "user" else "B")


def _looked_at(spoken: int) -> int:
    """Answer from which of the messages on it is looked where the window begins."""
    return max(0, (spoken - _BLOCK // 2) // _BLOCK * _BLOCK)
