"""Puts ``emotion`` beside ``messages`` and ``values`` on an agent's v3 event stream."""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.stream import ProtocolEvent, StreamChannel, StreamTransformer

MARK = "emoplug"
"""The key that tells our custom events from those of the agent's own nodes."""


class EmotionTransformer(StreamTransformer):
    """Makes the projection ``emotion``: what was understood, as soon as it is, before any token.

    Each item is a mapping as ``EmotionState`` has it: ``emotion``, ``causes``, ``strategy``.
    """

    _native = True
    required_stream_modes: ClassVar[tuple[str, ...]] = ("custom",)
    # Ours do not belong among the events of the agent's own nodes.
    before_builtins: ClassVar[bool] = True

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        super().__init__(scope)
        self._channel: StreamChannel[dict[str, Any]] = StreamChannel("emotion")

    def init(self) -> dict[str, Any]:
        """Answer the projection."""
        return {"emotion": self._channel}

    def process(self, event: ProtocolEvent) -> bool:
        """Take our events out of the custom ones, those of this very scope onto the channel."""
        data = event["params"]["data"] if event["method"] == "custom" else None
        if not isinstance(data, dict) or data.keys() != {MARK}:
            return True
        if event["params"]["namespace"] == list(self.scope):
            self._channel.push(data[MARK])
        return False
