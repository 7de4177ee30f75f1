"""Runs LiteLLM's own proxy on loopback, configured as a user would, with our callback in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "examples" / "litellm_proxy.yaml"
MASTER = "sk-master-0123456789abcdef"


@contextmanager
def litellm_proxy(upstream: str, log: Path, **variables: str) -> Iterator[str]:
    """Answer the address of the proxy in front of ``upstream``; what it writes goes to ``log``."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-c", "from litellm import run_server; run_server()"]
    with (
        log.open("w") as written,
        subprocess.Popen(
            [*command, "--config", str(CONFIG), "--host", "127.0.0.1", "--port", str(port)],
            env={
                **os.environ,
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "LITELLM_MASTER_KEY": MASTER,
                "OPENAI_BASE_URL": upstream,
                "OPENAI_API_KEY": "test",
                **variables,
            },
            stdout=written,
            stderr=subprocess.STDOUT,
        ) as running,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, running, log)
            yield address
        finally:
            running.kill()


def _wait_for(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if running.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/health/liveliness", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the proxy did not start:\n{log.read_text()[-3000:]}")
