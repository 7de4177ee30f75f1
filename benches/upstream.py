"""A model's endpoint that costs next to nothing: fixed words as server-sent events, in their time.

python -m benches.upstream --port 9000 --chunks 20 --pause 0.05
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from contextlib import suppress

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
    b"x-request-id: req_1\r\n\r\n"
)


def chunk(data: str) -> bytes:
    """Answer an event as one piece of a chunked body."""
    event = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(event), event)


def word(text: str) -> bytes:
    """Answer one word of a chat stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    known = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return chunk(json.dumps({**known, "choices": [choice]}))


WORDS = [word(f" word{index}") for index in range(1000)]
END = chunk("[DONE]") + b"0\r\n\r\n"


class Endpoint:
    """Answers each request with ``chunks`` words, the first at once.

    The others come ``pause`` seconds apart on average: each stream has a speed of its own, half to
    one and a half times that, or clients that began together would come back together for ever.
    """

    def __init__(self, chunks: int, pause: float) -> None:
        self._chunks = chunks
        self._pause = pause
        self._chance = random.Random(0)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                await self._answer(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        pause = self._pause * self._chance.uniform(0.5, 1.5)
        for index in range(self._chunks):
            if index and pause:
                await asyncio.sleep(pause)
            writer.write(WORDS[index])
            await writer.drain()
        writer.write(END)
        await writer.drain()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def serve(port: int, chunks: int, pause: float) -> None:
    """Serve for ever; tell the port on the first line of the output."""
    server = await asyncio.start_server(Endpoint(chunks, pause), "127.0.0.1", port, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  # for who started us
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--chunks", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.05)
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, options.chunks, options.pause))
