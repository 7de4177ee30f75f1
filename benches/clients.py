"""Clients of a chat endpoint that cost next to nothing, and what they say."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PATH = "/v1/chat/completions"
KEY = "sk-bench-0123456789abcdef"
SAYINGS = (
    "My exam went badly today and my mother is cross, number",
    "I could not recall a single thing, number",
    "Now I am afraid of the next one, number",
)
REPLIES = ("Oh no, what happened in it?", "That sounds hard. What then?")
LONG = "I keep thinking about what he told me yesterday and I do not know how to go on, number"
TURNS = len(SAYINGS)
PATIENCE = 30.0
"""Seconds that a client waits for a whole stream; beyond it is an error."""
_fresh = itertools.count(1000)

Messages = list[dict[str, str]]


def chat(turn: int) -> Messages:
    """Answer a conversation in its given turn; its last message was never seen before."""
    said: Messages = []
    for index in range(turn):
        said.append({"role": "user", "content": f"{SAYINGS[index]} {turn}"})
        said.append({"role": "assistant", "content": REPLIES[index]})
    return [*said, {"role": "user", "content": f"{SAYINGS[turn]} {next(_fresh)}"}]


def long_chat() -> Messages:
    """Answer 20 messages of 20 words seen before, and a new one: more than the reader's window."""
    said = [
        {"role": ("user", "assistant")[index % 2], "content": f"{LONG} {index}"}
        for index in range(20)
    ]
    return [*said, {"role": "user", "content": f"{LONG} {next(_fresh)}"}]


@dataclass
class Seen:
    """What clients saw.

    Attributes:
        first: Seconds to the first word, of each stream.
        errors: What went wrong, of each stream that did.
    """

    first: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Answer milliseconds to the first word, which ``share`` of the streams stay below."""
        ordered = sorted(self.first)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class Client:
    """Talks HTTP/1.1 over one connection that stays open; as lean as may be."""

    def __init__(self, port: int, seen: Seen) -> None:
        self._port = port
        self._seen = seen
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, messages: Messages) -> None:
        """Ask for one stream and read it to its end."""
        body = json.dumps({"model": "m", "stream": True, "messages": messages}).encode()
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {KEY}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ask(head.encode() + body)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self._seen.errors.append(f"{type(error).__name__}: {error}"[:300])
            self.close()

    async def _ask(self, request: bytes) -> None:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=1 << 20
            )
        began = time.perf_counter()
        self._writer.write(request)
        told = await self._reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in told.split(b"\r\n", 1)[0] or b"x-emoplug-degraded" in told.lower():
            raise ConnectionError(told[:200])
        await self._reader.readuntil(b"data: ")
        self._seen.first.append(time.perf_counter() - began)
        rest = await self._reader.readuntil(b"\r\n0\r\n\r\n")
        if b"[DONE]" not in rest:
            raise ConnectionError("a stream without its end")

    def close(self) -> None:
        """Hang up."""
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None


async def one_client(
    ports: Sequence[int], requests: int, make: Callable[[], Messages], pause: float = 0.0
) -> list[Seen]:
    """Let one client ask each of ``ports`` in turn, so that all see the same moments."""
    seen = [Seen() for _ in ports]
    clients = [Client(port, one) for port, one in zip(ports, seen, strict=True)]
    for _ in range(requests):
        for client in clients:
            await client.ask(make())
            await asyncio.sleep(pause)
    for client in clients:
        client.close()
    return [Seen(one.first[requests // 10 :], one.errors) for one in seen]


async def many_clients(port: int, clients: int, requests: int) -> Seen:
    """Let ``clients`` ask at a time until ``requests`` streams have come."""
    seen = Seen()
    left = itertools.count(requests, -1)

    async def talk(number: int) -> None:
        client = Client(port, seen)
        await asyncio.sleep(number / clients)  # people do not all begin at the same moment
        for turn in itertools.cycle(range(TURNS)):
            if next(left) <= 0:
                break
            await client.ask(chat(turn))
        client.close()

    await asyncio.gather(*(talk(number) for number in range(clients)))
    return seen
