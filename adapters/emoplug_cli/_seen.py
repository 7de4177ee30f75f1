"""What emoplug saw and added, as lines to show under a reply."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from emoplug import Degraded, Exchange, Reading, Review
from emoplug_cli._felt import likely
from emoplug_cli._plain import one_line, plain

_SHOWN = 160


def seen_lines(
    exchange: Exchange, review: Review | None, milliseconds: float, *, told: str
) -> Iterator[Text]:
    """Yield the reading, the guidance, the findings and who was skipped, a line each.

    Args:
        exchange: The call that was made.
        review: What its reply does; ``None`` when nothing was reviewed.
        milliseconds: What emoplug itself took.
        told: How the line on guidance begins.
    """
    turn = exchange.turn
    yield _dim(f"emoplug saw: {_felt(turn.reading)} · {milliseconds:.1f} ms")
    if turn.guidance:
        tokens = sum(guidance.tokens for guidance in turn.guidance)
        sources = ", ".join(dict.fromkeys(guidance.source for guidance in turn.guidance))
        text = one_line(turn.guidance_text, _SHOWN)
        yield _dim(f"{told} ({sources}, {tokens} tokens): {text}")
    for finding in review.findings if review else ():
        yield _dim(f"the reply: {finding.name} {finding.score:.2f}, {finding.explanation}")
    for skipped in (*turn.degraded, *(review.degraded if review else ())):
        yield Text(degraded_line(skipped), style="yellow")


def degraded_line(skipped: Degraded) -> str:
    """Say who was skipped, where and why."""
    return (
        f"degraded: {skipped.plugin} skipped in {skipped.hook} after "
        f"{skipped.elapsed * 1000:.0f} ms: {one_line(skipped.reason, 200)}"
    )


def request_tail(exchange: Exchange) -> tuple[int, str]:
    """Answer how many messages went unchanged before the last one, and that one's exact content.

    Only what a terminal would obey rather than show is taken out.
    """
    last: Mapping[str, Any] = exchange.messages[-1]
    content = last["content"]
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return len(exchange.messages) - 1, plain(text)


def _felt(reading: Reading | None) -> str:
    if reading is None:
        return "nothing read"
    also = [f"{label} {reading.distribution[label]:.0%}" for label in _also(reading)]
    parts = [likely(reading)]
    parts += [f"also {', '.join(also)}"] if also else []
    if reading.affect:
        affect = reading.affect
        parts.append(
            f"valence {affect.valence:+.2f}, arousal {affect.arousal:+.2f}, "
            f"dominance {affect.dominance:+.2f}"
        )
    return " · ".join([*parts, f"intensity {reading.intensity:.2f}"])


def _also(reading: Reading) -> list[str]:
    others = [label for label in reading.labels if label != reading.emotion]
    return [label for label in others if label in reading.distribution][:2]


def _dim(text: str) -> Text:
    return Text(one_line(text, 1000), style="dim")
