"""A million short turns in one process: memory, open files and threads must not grow.

    python -m benches.soak --turns 1000000                          # the plumbing, 6 minutes
    python -m benches.soak --turns 50000 --plugins strategy hef     # on words alone
    python -m benches.soak --turns 20000 --networks                 # everything on

The conversations differ, as do their sessions; each turn is prepared and reviewed. Fails when the
last quarter holds more than the second by ``ALLOWED``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]  # it has no stubs of its own

from benches.talk import PERSON, REPLIES
from emoplug import Emoplug, Encoding, hookimpl

ALLOWED = 16
"""MiB of memory; of files and threads not one."""
_SESSIONS = 500
_WORDS = ("ever", "again", "today", "at last", "of all days", "somehow", "in the end", "as always")


class Cheap:
    """Encodes by hash, so that a million turns take minutes and every other part works."""

    name = "cheap"

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer unit vectors that depend on the text alone."""
        rows = [np.random.default_rng(abs(hash(text))).random(16, np.float32) for text in texts]
        table, nothing = np.stack(rows), np.empty((len(rows), 0), np.float32)
        return Encoding(
            embeddings=table / np.linalg.norm(table, axis=1)[:, None],
            labels=(),
            emotions=nothing,
            thresholds=nothing[0],
            affect=nothing,
            source="cheap",
        )


def main() -> int:
    """Run the turns; answer 1 if something grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--plugins", nargs="*", default=[], help="beside an encoder that hashes")
    parser.add_argument("--networks", action="store_true", help="the networks and all plugins")
    parser.add_argument("--out", type=Path, help="JSON file for what was seen")
    chosen = parser.parse_args()
    emo = Emoplug(
        plugins=None if chosen.networks else [Cheap(), *chosen.plugins],
        options={"recall": {"store": ":memory:", "limit": 200}} if chosen.networks else {},
        on_error="raise",
        deadline=60,
    )
    _turns(emo, 0, 2_000)  # caches fill, threads start
    started, seen = time.monotonic(), [_held()]
    for quarter in range(4):
        _turns(emo, 2_000 + quarter * chosen.turns // 4, chosen.turns // 4)
        seen.append(_held())
        sys.stdout.write(f"{time.monotonic() - started:7.0f} s {json.dumps(seen[-1])}\n")
        sys.stdout.flush()
    growth = {name: seen[4][name] - seen[2][name] for name in seen[0]}
    plugins = "all" if chosen.networks else chosen.plugins
    told = {"turns": chosen.turns, "plugins": plugins, "held": seen, "growth": growth}
    if chosen.out:
        chosen.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    grew = growth["MiB"] > ALLOWED or growth["files"] > 0 or growth["threads"] > 0
    said = "grew" if grew else "flat"
    sys.stdout.write(f"from the second quarter to the last: {growth}: {said}\n")
    return int(grew)


def _turns(emo: Emoplug, first: int, count: int) -> None:
    for number in range(first, first + count):
        texts = [_said(number), REPLIES[number % 10], _said(number + 1)]
        chat = [
            {"role": ("user", "assistant")[place % 2], "content": text}
            for place, text in enumerate(texts)
        ]
        emo.review(emo.prepare(chat, f"s{number % _SESSIONS}"), REPLIES[(number + 1) % 10])


def _said(number: int) -> str:
    return f"{PERSON[number % 10]} It was {number} {_WORDS[number % 8]}."


def _held() -> dict[str, float]:
    process = psutil.Process(os.getpid())
    return {
        "MiB": round(process.memory_info().rss / 2**20, 1),
        "files": process.num_fds(),
        "threads": threading.active_count(),
    }


if __name__ == "__main__":
    sys.exit(main())
