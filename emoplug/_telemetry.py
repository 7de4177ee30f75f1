"""What of each call is told to who operates the app; nothing where OpenTelemetry is absent."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emoplug._turn import Review, Turn

log = logging.getLogger("emoplug")


class Asked:
    """One hook call to one plugin, under way."""

    def failed(self, problem: str, error: BaseException | None) -> None:
        """Note what went wrong; ``problem`` may hold the user's words."""


class Call:
    """One ``prepare`` or ``review`` under way, told to nobody."""

    def stage(self, hook: str) -> AbstractContextManager[object]:
        """Enclose one stage."""
        return _NOTHING

    def plugin(self, plugin: str, hook: str) -> AbstractContextManager[Asked]:
        """Enclose one hook call to one plugin."""
        return _NOBODY

    def recalled(self, passages: int) -> None:
        """Note, inside the stage, how many passages are handed on."""

    def understood(self, turn: Turn) -> None:
        """Tell what was understood."""

    def prepared(self, conversations: int) -> None:
        """Tell how many conversations were understood together."""

    def reviewed(self, review: Review) -> None:
        """Tell what the reply was found to do."""


class Telemetry:
    """Where calls are told; this one tells nobody."""

    def prepare(self, turn: Turn) -> AbstractContextManager[Call]:
        """Enclose one ``prepare``."""
        return _SILENT

    def review(self, turn: Turn) -> AbstractContextManager[Call]:
        """Enclose one ``review``."""
        return _SILENT

    def many(self) -> AbstractContextManager[Call]:
        """Enclose one ``prepare_many``."""
        return _SILENT


SILENCE = Call()
_NOTHING = nullcontext()
_NOBODY = nullcontext(Asked())
_SILENT = nullcontext(SILENCE)


@cache
def telemetry() -> Telemetry:
    """Answer OpenTelemetry's, where its API is installed and recent enough."""
    try:
        from emoplug._otel import OpenTelemetry, is_recent
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "opentelemetry":
            raise
        return Telemetry()
    if not is_recent():  # another package brought it; no reason to fail anybody's call
        log.warning("opentelemetry-api is too old to be told; try: pip install 'emoplug[otel]'")
        return Telemetry()
    return OpenTelemetry()
