"""The ``guide`` plugin: an emotional stimulus after the person's words, chosen or learned."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path

from pydantic import BaseModel, ConfigDict, StrictInt

from emoplug import Guidance, InputError, SettingsError, Turn, hookimpl
from emoplug_emotionprompt._memory import Memory
from emoplug_emotionprompt._person import in_distress
from emoplug_emotionprompt._policy import drawn, proven
from emoplug_emotionprompt._stimuli import LEARNED, NOTHING, Arm, arm_of, arms_of, texts_by_name

log = logging.getLogger("emoplug.emotionprompt")
SOURCE = "emotionprompt"
KIND = "stimulus"
PRIORITY = 10
"""Below all that is about the person: it gives way when tokens are short."""


class Stimuli:
    """Tells one stimulus, or several as one text; nothing to a model for which none is proven.

    Args:
        options: See ``Options``.

    Raises:
        SettingsError: a stimulus is unknown or an own one cannot be used.
        StoreError: the memory is damaged or cannot be used.
    """

    class Options(BaseModel):
        """What is told.

        Attributes:
            stimulus: A number or name, such as ``2`` or ``"EP02"``; several, which are told in that
                order; ``"none"``; or ``"learned"``: by what is remembered of the answering model.
            own: More stimuli, by name.
            arms: Learned: what to choose from, such as ``("EP02", "EP02+EP08")``; all stimuli, one
                by one, unless given. None is always among them.
            store: Learned: file that remembers; without one nothing outlives the plugin.
            explore: Learned: try arms out, to learn from ``reward``; else tell only proven ones.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        stimulus: StrictInt | str | tuple[StrictInt | str, ...] = "EP02"
        own: Mapping[str, str] = {}
        arms: tuple[str, ...] = ()
        store: Path | None = None
        explore: bool = False

    name = SOURCE

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()
        texts = texts_by_name(self.options.own)
        self._fixed: Arm | None = None
        self._warned = threading.Event()
        if self.options.stimulus in (LEARNED, (LEARNED,)):
            self._arms = {arm.text: arm for arm in arms_of(self.options.arms, texts)}
            self._memory = Memory(self.options.store)
        else:
            self._refuse_learning()
            self._fixed = arm_of(self.options.stimulus, texts)

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance] | None:
        """Answer the stimulus for the last user message; nothing to somebody in distress."""
        arm = self._chosen(turn) if _is_task(turn) else NOTHING
        if not arm.text:
            return None
        return [Guidance(text=arm.text, kind=KIND, priority=PRIORITY, source=SOURCE)]

    def reward(self, turn: Turn, value: float) -> str | None:
        """Remember what somebody thought of the answer to ``turn``, for the arm that it was told.

        Args:
            turn: As ``prepare`` answered it.
            value: 0 (bad) to 1 (good).

        Returns:
            The arm's name; ``None`` where nothing can be learned: no model is named, somebody is in
            distress, or the arm is no longer one of those to choose from.

        Raises:
            InputError: ``value`` is not 0..1.
            SettingsError: the plugin does not learn.
            StoreError: the memory cannot be written; it stays as it was.
        """
        if self._fixed is not None:
            raise SettingsError("nothing is learned; set the option stimulus to 'learned'")
        if not _is_reward(value):
            raise InputError(f"reward {value!r} is not between 0 (bad) and 1 (good)")
        told = next((g.text for g in turn.guidance if g.source == SOURCE), NOTHING.text)
        if not turn.model or not _is_task(turn) or told not in self._arms:
            return None
        self._memory.reward(turn.model, told, float(value))
        return self._arms[told].name

    def diagnose(self) -> Mapping[str, str]:
        """Say what is told, and to whom not."""
        silent = "in danger or distress, where plugins read that"
        if self._fixed is not None:
            return {"stimulus": self._fixed.name, "silent": silent}
        return {
            "stimulus": "learned, exploring" if self.options.explore else "learned, proven only",
            "arms": ", ".join(arm.name for arm in self._arms.values()),
            "memory": str(self.options.store or "none: it ends with this process"),
            "silent": silent,
        }

    def _chosen(self, turn: Turn) -> Arm:
        if self._fixed is not None:
            return self._fixed
        if not turn.model:
            self._warn_once()
            return NOTHING
        record = self._memory.of(turn.model)
        texts = [text for text in self._arms if text]
        if self.options.explore:
            return self._arms[drawn(record, texts, _seed(turn))]
        return self._arms[proven(record, texts)]

    def _warn_once(self) -> None:
        if not self._warned.is_set():
            self._warned.set()
            log.warning(
                "no model is named, so no stimulus is told; set model in the settings, "
                "or call prepare(messages, model=...)"
            )

    def _refuse_learning(self) -> None:
        given = self.options
        learning = {"arms": given.arms, "store": given.store, "explore": given.explore}
        for option, value in learning.items():
            if value:
                raise SettingsError(
                    f"option {option} is for what is learned; set stimulus to {LEARNED!r}, "
                    f"or leave {option} out"
                )


def _is_task(turn: Turn) -> bool:
    """Tell whether a stimulus is in place: something is asked, and nobody is in distress."""
    last = turn.last_user
    return last is not None and bool(turn.messages[last].text.strip()) and not in_distress(turn)


def _is_reward(value: object) -> bool:
    return isinstance(value, Real) and bool(0 <= float(value) <= 1)


def _seed(turn: Turn) -> int:
    """Answer a number by model, session and conversation, up to the last user message."""
    last = -1 if turn.last_user is None else turn.last_user
    said = [[message.role, message.name, message.text] for message in turn.messages[: last + 1]]
    raw = json.dumps([turn.model, turn.session, said]).encode()
    return int.from_bytes(hashlib.sha256(raw).digest())
