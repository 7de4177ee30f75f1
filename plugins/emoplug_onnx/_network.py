"""The dialogue reader's two graphs on ONNX Runtime: one reads what is new, one explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emoplug_onnx._files import Contents
from emoplug_onnx._layout import Layout, positions
from emoplug_onnx._reader_weights import CAUSES, MODEL
from emoplug_onnx._session import Device, Fallback, open_session

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Flags = NDArray[np.bool_]
KEPT, CAUSE, WORDS = "kept", "causes", "words"
"""Outputs: what later utterances need, cause logits, and logits of causing words."""


@dataclass(frozen=True)
class Read:
    """What one pass said of the new utterances.

    Attributes:
        judged: Head to (u, labels) logits.
        rows: (2 layers + 1, n, width) keys and values of the new tokens, and their states.
    """

    judged: Mapping[str, Floats]
    rows: Halves


class Network:
    """Both graphs, loaded. Safe to share between threads.

    Args:
        folder: Where the files are.
        contents: What was read of them: ``MODEL`` reads, ``CAUSES`` finds causes.
        device: ``auto``, ``cpu`` or ``cuda``.
        fallback: What to do when ``cuda`` was asked for and is not in use.
        threads: Threads in one pass; 0 chooses by the machine.

    Raises:
        DeviceError, WeightsError: see ``open_session``.
    """

    def __init__(
        self, folder: Path, contents: Contents, device: Device, fallback: Fallback, threads: int
    ) -> None:
        self._reading, self._explaining = (
            open_session(folder / name, contents[name], device, fallback, threads)
            for name in (MODEL, CAUSES)
        )
        past = [one for one in self._reading.get_inputs() if one.name.startswith(past_name(""))]
        self._past = [one.name for one in past]
        self._outputs = [one.name for one in self._reading.get_outputs()]
        self.nothing: Halves = np.empty((len(past) + 1, 0, past[0].shape[2]), dtype=np.float16)
        """Rows of a conversation of which nothing has been read yet."""

    def read(self, new: Layout, seen: Halves) -> Read:
        """Read new utterances in the light of those before them.

        Args:
            new: The new utterances; the start token is among them if they are the first.
            seen: (2 layers + 1, m, width) rows of all that was read before.
        """
        pool, starts = positions(new)
        place = np.arange(seen.shape[1], seen.shape[1] + len(new.ids))
        feed = {
            "ids": new.ids[None],
            "position": place[None],
            "owner": new.owner[None],
            "pool": pool[None],
            "starts": starts[None],
            **{name: seen[index][None] for index, name in enumerate(self._past)},
        }
        answers = dict(zip(self._outputs, self._reading.run(None, feed), strict=True))
        rows = answers.pop(KEPT)
        return Read({name: answer[0] for name, answer in answers.items()}, rows)

    def explain(self, said: Layout, states: Halves, same: Flags) -> tuple[Floats, Floats]:
        """Find what caused the emotion of the last utterance.

        Args:
            said: All utterances up to it.
            states: (n, width) of their tokens, as read.
            same: (u,) which of them its speaker said.

        Returns:
            (u,) cause logits, and (n, 2) logits of first and last causing word.
        """
        feed = {
            "states": states[None],
            "away": (len(said) - 1 - said.owner)[None],
            "same": same.astype(np.int64)[said.owner][None],
            "pool": positions(said)[0][None],
        }
        causes, words = self._explaining.run([CAUSE, WORDS], feed)
        return causes[0], words[0]


def past_name(index: object) -> str:
    """Name the input for the keys (even) or values (odd) of a layer."""
    return f"past.{index}"
