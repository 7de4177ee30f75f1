"""What the client is told of emoplug's own: headers always, a member ``emoplug`` on request."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers

from emoplug import Review
from emoplug_server._work import Opened

DETAILS = "x-emoplug-details"


def wants_details(headers: Headers) -> bool:
    """Tell whether the client asks for the member ``emoplug``."""
    return headers.get(DETAILS, "").strip().lower() in {"true", "1", "yes"}


def told(opened: Opened) -> list[tuple[bytes, bytes]]:
    """Answer our headers: the time it took, the last user emotion, and who was skipped."""
    pairs = [("x-emoplug-ms", f"{opened.seconds * 1000:.1f}")]
    reading = opened.exchange.turn.reading if opened.exchange else None
    if reading is not None:
        pairs.append(("x-emoplug-emotion", reading.emotion))
    if opened.degraded:
        skipped = dict.fromkeys(f"{one.plugin}:{one.hook}" for one in opened.degraded)
        pairs.append(("x-emoplug-degraded", ", ".join(skipped)))
    # Plugins choose these names; a header carries no line break and nothing beyond Latin 1.
    return [(name.encode(), _plain(value)) for name, value in pairs]


def details(review: Review) -> dict[str, Any]:
    """Answer what was understood and found; none of the conversation's words are repeated."""
    turn = review.turn
    skipped = (*turn.degraded, *review.degraded)
    return {
        "reading": turn.reading.model_dump(mode="json") if turn.reading else None,
        "risks": [risk.model_dump(mode="json") for risk in turn.risks],
        "causes": [cause.model_dump(mode="json") for cause in turn.causes],
        "strategies": [score.model_dump(mode="json") for score in turn.strategies],
        "stage": turn.stage,
        "findings": [finding.model_dump(mode="json") for finding in review.findings],
        # The reason can hold a plugin's own words, which can hold the user's.
        "degraded": [{"plugin": one.plugin, "hook": one.hook} for one in skipped],
    }


def _plain(value: str) -> bytes:
    return "".join(c if " " <= c <= "~" else "?" for c in value).encode("ascii")
