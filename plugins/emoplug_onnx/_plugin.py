"""The plugin: both networks behind one set of options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field

from emoplug import Comprehension, Encoding, Turn, hookimpl
from emoplug_onnx._encoder import Encoder
from emoplug_onnx._lock import SHIPPED
from emoplug_onnx._reader import DialogueReader
from emoplug_onnx._reader_weights import FACTS as READER
from emoplug_onnx._weights import FACTS as ENCODER

SITUATION = "empatheticdialogues"


class Networks:
    """Encodes texts and reads conversations, each with one small network.

    The reader's weights come from research data whose licences forbid commercial use;
    ``permissive_only`` leaves them out, and plugins fall back on the encoder and on rules.
    """

    class Options(Encoder.Options):
        """How the networks run: the encoder's options and those of the reader.

        Attributes:
            situation: Also tell the emotion of the person's situation, one of 32.
            contexts: Conversations of which is kept what the reader read, so that their next turn
                reads only what is new; 10 kB a token, 4 MB at most each.
            permissive_only: Run without the dialogue reader.
        """

        situation: bool = False
        contexts: int = Field(default=16, ge=0)
        permissive_only: bool = False

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()
        chosen = self.options
        given = Path(chosen.weights) if chosen.weights and Path(chosen.weights).is_dir() else None
        # A folder may hold one of the networks: the other is then the shipped one.
        homes = [home for home in (given, SHIPPED) if home and (home / READER).exists()]
        only_reader = given is not None and given in homes and not (given / ENCODER).exists()
        self._encoder = Encoder(chosen.model_copy(update={"weights": None} if only_reader else {}))
        self._reader = None
        if homes and not chosen.permissive_only:
            self._reader = DialogueReader(
                homes[0],
                chosen.device,
                chosen.fallback,
                chosen.threads,
                frozenset() if chosen.situation else frozenset({SITUATION}),
                chosen.contexts,
            )

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer one row for each text; a text seen lately costs no pass."""
        return self._encoder.encode(texts)

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension | None:
        """Read the conversation, where the reader may be used."""
        return self._reader.comprehend(turn) if self._reader else None

    def warm_up(self) -> None:
        """Load the networks and run each once."""
        self._encoder.warm_up()
        if self._reader:
            self._reader.warm_up()

    def diagnose(self) -> Mapping[str, str]:
        """Tell which files are in use, where they run, and under which licence."""
        facts = dict(self._encoder.diagnose())
        if self._reader is None:
            why = "permissive_only" if self.options.permissive_only else "no weights"
            return {**facts, "reader": f"left out: {why}"}
        return {**facts, **self._reader.diagnose()}
