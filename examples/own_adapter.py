"""An adapter for a client that is made up: messages of its own kind, replies that stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from emoplug import Emoplug, Exchange, Review


@dataclass(frozen=True)
class Line:
    speaker: str
    words: str


class Client:
    def answer(self, lines: list[Line]) -> Iterator[str]:
        yield "I hear you. "
        yield f"(This model was sent {len(lines[-1].words)} characters.)"


class EmotionClient:
    """Answers like ``client``, with emoplug around it."""

    def __init__(
        self,
        client: Client,
        emo: Emoplug,
        session: str | None = None,
        on_review: Callable[[Review], None] | None = None,
    ) -> None:
        self._client, self._emo, self._session, self._on_review = client, emo, session, on_review

    def answer(self, lines: list[Line]) -> Iterator[str]:
        roles = {"person": "user", "bot": "assistant"}
        asked = [{"role": roles[line.speaker], "content": line.words} for line in lines]
        exchange = Exchange.open(self._emo, asked, self._session, on_review=self._on_review)
        sent = [
            replace(line, words=message["content"])
            for line, message in zip(lines, exchange.messages, strict=True)
        ]
        failed = True  # also when the caller stops early: what came is reviewed, nothing raised
        try:
            for piece in self._client.answer(sent):
                exchange.see(piece)
                yield piece
            failed = False
        finally:
            exchange.close(failed=failed)


def show(review: Review) -> None:
    if review.turn.reading:
        print(f"\nthe person feels {review.turn.reading.emotion}")


client = EmotionClient(Client(), Emoplug(), on_review=show)
for piece in client.answer([Line("person", "I lost my job today and I am scared.")]):
    print(piece, end="")
