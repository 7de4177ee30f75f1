"""The ``guide`` plugin: one note on the last user message, or nothing on small talk.

Source: the Hybrid Empathetic Framework, in which a small empathetic model narrows the emotions
down in two stages and points at what caused them, before the large one answers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

from emoplug import Guidance, Turn, hookimpl
from emoplug_hef._compose import Meter, note_of
from emoplug_hef._emotions import SITUATION
from emoplug_hef._feeling import felt
from emoplug_hef._load import frame_of
from emoplug_hef._options import HintOptions
from emoplug_hef._parts import Author

log = logging.getLogger("emoplug.hef")
SOURCE = "hef"
KIND = "emotion"
PRIORITY = 50
_NO_READING = (
    "nobody reads how messages feel, so nothing is told; turn on 'emotion' and an encoder, "
    "such as 'onnx'"
)
_NO_SITUATION = (
    "nobody tells the 32 emotions of a situation, so the 28 are told; set the option situation "
    "of plugin 'onnx', or emotions = 28"
)


class Hints:
    """Offers one note on the last user message, or nothing when it is small talk.

    Args:
        options: How much to say, and how.

    Raises:
        SettingsError: the frame's language is unknown, or its file is not as it must be.
    """

    Options = HintOptions
    name = SOURCE

    def __init__(self, options: HintOptions | None = None) -> None:
        self.options = options or HintOptions()
        self._author = Author(frame_of(self.options.language, self.options.frame), self.options)
        self._meter = Meter()
        self._lacks: tuple[str, ...] = ()
        self._lock = threading.Lock()

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance] | None:
        """Tell likely emotions, cause, strategy and tone, as far as they are known."""
        self._look_for_what_lacks(turn)
        reading = turn.reading
        if reading is None or not felt(turn, reading):
            return None
        parts = self._author.parts(turn, reading)
        note = note_of(parts, self._author.frame, self.options, self._meter, turn.model)
        if note is None:
            return None
        return [
            Guidance(
                text=note.texts[0],
                shorter=note.texts[1:],
                kind=KIND,
                priority=PRIORITY,
                tokens=note.tokens,
                source=SOURCE,
            )
        ]

    def diagnose(self) -> Mapping[str, str]:
        """Say what was missing so far, if anything was."""
        return {"lacks": "; ".join(self._lacks)} if self._lacks else {}

    def _look_for_what_lacks(self, turn: Turn) -> None:
        last = turn.last_user
        if last is None or not turn.messages[last].text.strip():
            return
        if not turn.readings:
            self._say_once(_NO_READING)
        elif self.options.emotions == 32 and not _tells_situations(turn):
            self._say_once(_NO_SITUATION)

    def _say_once(self, problem: str) -> None:
        with self._lock:
            if problem in self._lacks:
                return
            self._lacks = (*self._lacks, problem)
        log.warning(problem)


def _tells_situations(turn: Turn) -> bool:
    return turn.comprehension is not None and SITUATION in turn.comprehension.views
