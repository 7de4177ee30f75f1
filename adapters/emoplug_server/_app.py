"""The ASGI app: which path leads where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emoplug import Emoplug
from emoplug_server._api import CHAT, RESPONSES
from emoplug_server._emotion import ANALYZE, REVIEW, Emotion, analyze, review
from emoplug_server._errors import refuse
from emoplug_server._guided import Guided
from emoplug_server._keys import Keys
from emoplug_server._limits import Room
from emoplug_server._metrics import Metrics
from emoplug_server._openapi import document
from emoplug_server._passed import Passed
from emoplug_server._place import Place
from emoplug_server._settings import ServerSettings
from emoplug_server._shapes import AnalyzeRequest, ReviewRequest
from emoplug_server._upstream import Upstream
from emoplug_server._work import Work

_ANYTHING = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(settings: ServerSettings | None = None, emo: Emoplug | None = None) -> Starlette:
    """Make the proxy as an ASGI app, to be served by uvicorn or mounted in another app.

    Args:
        settings: How it runs; from ``EMOPLUG_SERVER_*`` unless given.
        emo: Whose plugins to use; the default plugins unless given. Warmed up at startup.

    Raises:
        SettingsError: a variable has a wrong value.
    """
    settings = ServerSettings.build() if settings is None else settings
    metrics = Metrics()
    place = Place(
        settings=settings,
        keys=Keys(settings.api_keys),
        room=Room(settings.concurrency),
        metrics=metrics,
        upstream=Upstream(settings),
        work=Work(Emoplug() if emo is None else emo, settings.threads, metrics),
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # No first message is to wait for the weights.
        await anyio.to_thread.run_sync(place.work.emo.warm_up)
        yield
        await place.work.finish()
        await place.upstream.close()

    return Starlette(
        routes=_routes(place),
        lifespan=lifespan,
        exception_handlers={HTTPException: refuse, Exception: refuse},
    )


def _routes(place: Place) -> list[Route]:
    described = document(keyed=place.keys.any)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def metrics(_request: Request) -> Response:
        content, kind = place.metrics.render()
        return Response(content, media_type=kind)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(described)

    return [
        Route("/healthz", healthz),
        Route("/metrics", metrics),
        Route("/openapi.json", openapi),
        Route(ANALYZE, Emotion(place, ANALYZE, AnalyzeRequest, analyze)),
        Route(REVIEW, Emotion(place, REVIEW, ReviewRequest, review)),
        Route(CHAT.path, Guided(place, CHAT), methods=["POST"]),
        Route(RESPONSES.path, Guided(place, RESPONSES), methods=["POST"]),
        Route("/v1/embeddings", Passed(place, "/v1/embeddings"), methods=["POST"]),
        Route("/v1/models", Passed(place, "/v1/models")),
        Route("/v1/{path:path}", Passed(place, "/v1/*"), methods=_ANYTHING),
    ]
