"""Every hook emoplug calls, in the order it calls them.

Hooks are synchronous and CPU-bound. They answer and never edit: everything they are shown is
frozen. ``None`` means "no opinion". An exception or an overrun deadline skips the plugin for that
hook and is listed in ``turn.degraded``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pluggy

from emoplug._turn import Comprehension, Encoding, Turn
from emoplug._types import Cause, Finding, Guidance, Passage, Reading, Risk, StrategyScore

hookspec = pluggy.HookspecMarker("emoplug")
hookimpl = pluggy.HookimplMarker("emoplug")


@hookspec(firstresult=True)
def encode(texts: Sequence[str]) -> Encoding | None:
    """Say what each text is, in one pass. The first plugin that answers decides.

    Answer one row for every text, in order, that rests on that text alone. Asked once a turn with
    the words of all user and assistant messages, so cache per text; or once for several turns.
    """


@hookspec(firstresult=True)
def comprehend(turn: Turn) -> Comprehension | None:
    """Say what only the context tells, in one pass. The first plugin that answers decides.

    Asked beside ``encode``, so ``turn.encoding`` may not be there yet.
    """


@hookspec
def read(turn: Turn) -> Sequence[Reading | Risk] | None:
    """Say how messages feel, and which show acute danger.

    All readings of one message are fused into one; risks are collected, most probable first.
    """


@hookspec
def explain(turn: Turn) -> Sequence[Cause] | None:
    """Say what caused the last user emotion. All answers are collected, best score first.

    A cause without a message says that nothing in the conversation is one. Leave ``origin`` out.
    """


@hookspec
def recall(turn: Turn) -> Sequence[Passage] | None:
    """Say which earlier or outside text matters now. Collected best first, without repeats."""


@hookspec
def advise(turn: Turn) -> Sequence[StrategyScore] | None:
    """Score support strategies for the next reply. Scores of one strategy are averaged."""


@hookspec
def correct(turn: Turn, scores: Mapping[str, float]) -> Mapping[str, float] | None:
    """Take the bias out of strategy scores (name to 0..1). Each plugin gets the one before's."""


@hookspec
def guide(turn: Turn) -> Sequence[Guidance] | None:
    """Say what to tell the model. Taken by priority until the token budget is spent.

    Guidance that does not fit is told in a shorter way, where it has one, or left out.

    Let the text depend on nothing after the last user message: inside a tool loop the same turn
    is sent several times, and equal bytes keep the provider's prompt cache warm.
    """


@hookspec
def review(turn: Turn, reply: str) -> Sequence[Finding] | None:
    """Say what the model's reply does. All findings are collected."""


@hookspec
def remember(turn: Turn, reply: str) -> None:
    """Keep what should outlive the turn. Called last, after every review."""
