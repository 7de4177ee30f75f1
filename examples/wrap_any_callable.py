"""Wrap any function that answers messages: here a toy model, in your code your own client."""

from __future__ import annotations

from emoplug import Emoplug, Review

emo = Emoplug()


def show(review: Review) -> None:
    reading = review.turn.reading
    if reading is not None:
        print(f"the person feels {reading.emotion} ({reading.probability:.0%})")


def model(messages: list[dict[str, str]]) -> str:
    return f"(a model that was sent {len(messages[-1]['content'])} characters)"


ask = emo.wrap(model, on_review=show)
print(ask([{"role": "user", "content": "My best friend moved away and I miss her so much."}]))
