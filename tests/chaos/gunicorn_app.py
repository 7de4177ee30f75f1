"""A WSGI app that gunicorn serves: it understands what it is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from emoplug import Emoplug

EMO = Emoplug(deadline=20, options={"recall": {"store": ":memory:"}})


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    said = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode("utf-8")
    turn = EMO.prepare([{"role": "user", "content": said}], session="one")
    told = {
        "worker": os.getpid(),
        "emotion": turn.reading.emotion if turn.reading else None,
        "degraded": [str(one) for one in turn.degraded],
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
