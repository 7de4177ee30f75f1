"""The proxy under load: what it adds to the time to a reply's first word, and whether it holds.

    python -m benches.load                      # four minutes
    python -m benches.load --requests 10000     # the figures of the README

Upstream, proxy and clients are three processes on one machine. Each client holds a conversation
of its own, which grows by a reply and a new message each turn and starts anew after five messages.
A stream under load is 60 chunks, 50 ms apart on average: 3 s, a short reply. One client's streams
are 5 chunks at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it has no stubs of its own

from benches.clients import (
    KEY,
    Messages,
    Seen,
    chat,
    long_chat,
    many_clients,
    one_client,
)

ROOT = Path(__file__).parent.parent


@contextmanager
def running(*command: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command until the end of the ``with``."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@contextmanager
def upstream(chunks: int, pause: float) -> Iterator[int]:
    """Answer the port of the endpoint behind it all."""
    command = (sys.executable, "-m", "benches.upstream", "--chunks", str(chunks))
    with running(*command, "--pause", str(pause)) as process:
        yield int(_first_line(process))


@contextmanager
def proxy(port: int, **variables: str) -> Iterator[tuple[int, int]]:
    """Answer the port and process of ``emoplug serve`` in front of ``port``."""
    command = (sys.executable, "-m", "emoplug_cli", "serve", "--port", "0", "--upstream")
    with running(*command, f"http://127.0.0.1:{port}/v1", **variables) as process:
        found = re.search(r":(\d+)/v1,", _first_line(process))
        assert found, "the proxy did not start"
        yield int(found[1]), process.pid


@contextmanager
def peer(port: int) -> Iterator[tuple[int, int]]:
    """Answer the port and process of LiteLLM's proxy in front of ``port``."""
    with tempfile.TemporaryDirectory() as folder:
        own = _free_port()
        config = Path(folder) / "config.yaml"
        config.write_text(
            "model_list:\n  - model_name: m\n    litellm_params:\n      model: openai/m\n"
            f"      api_base: http://127.0.0.1:{port}/v1\n      api_key: x\n"
        )
        command = (sys.executable, "-m", "litellm.proxy.proxy_cli", "--config", str(config))
        variables = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY}
        with running(*command, "--host", "127.0.0.1", "--port", str(own), **variables) as process:
            _wait_for(own)
            yield own, process.pid


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_for(port: int) -> None:
    import urllib.request

    for _ in range(240):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError("the peer did not start")


def resident(process: int) -> float:
    """Answer MiB in memory of a process and its children."""
    whole = psutil.Process(process)
    everyone = [whole, *whole.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in everyone)) / (1 << 20)


def spent(process: int | None) -> float:
    """Answer the processor seconds of a process; nothing of none."""
    if process is None:
        return 0.0
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


SHAPES: dict[str, Callable[[], Messages]] = {
    "first message": lambda: chat(0),
    "5 short messages": lambda: chat(2),
    "21 messages of 20 words": long_chat,
}


def added_at_one_client(direct: int, port: int, requests: int, pause: float) -> dict[str, float]:
    """Answer the milliseconds that ``port`` adds to the first word, by conversation."""
    added = {}
    for shape, make in SHAPES.items():
        seen = asyncio.run(one_client([direct, port], requests, make, pause))
        without, through = (statistics.median(one.first) * 1000 for one in seen)
        assert not any(one.errors for one in seen), [one.errors[:3] for one in seen]
        added[shape] = round(through - without, 2)
    return added


def under_load(port: int, process: int | None, clients: int, requests: int) -> dict[str, Any]:
    """Answer what ``clients`` at a time saw, in four parts, with the memory after each."""
    parts, memory, errors = [], [], []
    began, busy = time.perf_counter(), spent(process)
    for _ in range(4):
        seen = asyncio.run(many_clients(port, clients, requests // 4))
        parts.append(seen)
        errors += seen.errors
        memory.append(round(resident(process), 1) if process else None)
    whole = Seen([first for part in parts for first in part.first], errors)
    return {
        "streams": len(whole.first),
        "errors": len(errors),
        "first errors": errors[:3],
        "p50": round(whole.percentile(0.5), 2),
        "p99": round(whole.percentile(0.99), 2),
        "streams per second": round(len(whole.first) / (time.perf_counter() - began), 1),
        "processor ms a stream": round((spent(process) - busy) * 1000 / len(whole.first), 1),
        "MiB after each quarter": memory,
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Take all figures in one run."""
    plain = {"EMOPLUG_PLUGINS": "[]"}
    result: dict[str, Any] = {
        "machine": {"cpu": _cpu(), "cores": os.cpu_count(), "python": platform.python_version()}
    }
    with upstream(5, 0.0) as fast:
        ways: dict[str, Any] = {"emoplug": proxy(fast)}
        ways["emoplug without plugins"] = proxy(fast, **plain)
        if options.peer:
            ways["litellm"] = peer(fast)
        single: dict[str, Any] = {}
        result["one client: ms added to the first word"] = single
        for name, way in ways.items():
            with way as (port, _):
                single[name] = added_at_one_client(fast, port, options.single, 0.0)
                if name == "emoplug":
                    single["emoplug, asked every 50 ms"] = added_at_one_client(
                        fast, port, options.single, 0.05
                    )
    with upstream(options.chunks, 0.05) as slow:
        loaded: dict[str, Any] = {}
        result[f"{options.clients} clients: ms to the first word"] = loaded
        few = min(options.requests, 640)
        loaded["direct"] = under_load(slow, None, options.clients, few)
        with proxy(slow) as (port, process):
            under_load(port, process, options.clients, options.clients * 4)  # warm
            loaded["emoplug"] = under_load(port, process, options.clients, options.requests)
        with proxy(slow, **plain) as (port, process):
            loaded["emoplug without plugins"] = under_load(port, process, options.clients, few)
        if options.peer:
            with peer(slow) as (port, process):
                loaded["litellm"] = under_load(port, process, options.clients, few)
    return result


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="streams under load")
    parser.add_argument("--clients", type=int, default=64, help="streams at a time")
    parser.add_argument("--single", type=int, default=100, help="streams of one client")
    parser.add_argument("--chunks", type=int, default=60, help="chunks of a stream under load")
    parser.add_argument("--peer", action="store_true", help="measure LiteLLM's proxy as well")
    parser.add_argument("--out", type=Path, help="file for the figures, as JSON")
    chosen = parser.parse_args()
    figures = json.dumps(measure(chosen), indent=2)
    print(figures)  # noqa: T201  # a command's answer
    if chosen.out:
        chosen.out.write_text(figures + "\n", encoding="utf-8")
