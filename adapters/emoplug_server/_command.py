"""``emoplug serve``: the proxy on a port."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
import uvicorn

from emoplug import Emoplug, Settings
from emoplug_server._app import create_app
from emoplug_server._settings import ServerSettings

_SWITCH = 0.001
"""Seconds that a thread keeps the interpreter while others wait; Python's own choice is 0.005."""


def run(
    upstream: Annotated[
        str | None, typer.Option(help="Base URL of the model's endpoint, such as .../v1.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    threads: Annotated[
        int | None, typer.Option(min=0, help="Requests understood at a time; 0: two a core.")
    ] = None,
) -> None:
    """Serve an OpenAI-compatible proxy that adds emotional intelligence.

    Keys come from EMOPLUG_SERVER_UPSTREAM_KEY and EMOPLUG_SERVER_API_KEYS, never from the command
    line, which other users of the machine can read.
    """
    given: dict[str, Any] = {"upstream": upstream, "threads": threads}
    settings = ServerSettings.build(**{k: v for k, v in given.items() if v is not None})
    app = create_app(settings, Emoplug(_for_many(Settings.load())))
    # A thread that understands one request must not keep the others' streams waiting for long.
    sys.setswitchinterval(_SWITCH)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,  # upstream's own pass through
        date_header=False,
        timeout_graceful_shutdown=int(settings.grace),
    )
    listening = config.bind_socket()
    listening.listen(config.backlog)  # who comes while the weights load waits, and is not refused
    address, taken = listening.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    typer.echo(f"emoplug listens on http://{shown}:{taken}/v1, in front of {settings.upstream}")
    uvicorn.Server(config).run(sockets=[listening])


def _for_many(settings: Settings) -> Settings:
    """Let requests run beside each other, unless told otherwise: each pass takes one thread."""
    if "onnx" not in settings.plugins:
        return settings
    onnx = {"threads": 1, "contexts": 64, **settings.options.get("onnx", {})}
    return settings.model_copy(update={"options": {**settings.options, "onnx": onnx}})
