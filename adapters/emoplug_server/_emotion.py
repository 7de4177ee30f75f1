"""The endpoints that talk about emotion itself: no model is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emoplug import Emoplug
from emoplug_server._errors import GoneError, ProblemError
from emoplug_server._limits import read_body
from emoplug_server._place import Place
from emoplug_server._shapes import (
    Analysis,
    AnalyzeRequest,
    AnalyzeResponse,
    ReviewRequest,
    ReviewResponse,
)

ANALYZE = "/v1/emotion/analyze"
REVIEW = "/v1/emotion/review"
Asked = TypeVar("Asked", bound=BaseModel)


class Emotion:
    """An ASGI endpoint that answers one kind of request with one kind of response."""

    def __init__(
        self,
        place: Place,
        route: str,
        asked: type[Asked],
        answer: Callable[[Emoplug, Asked], BaseModel],
    ) -> None:
        self._place, self._route, self._asked = place, route, asked
        self._answer: Callable[[Emoplug, Any], BaseModel] = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        with self._place.metrics.answering(self._route) as answered:
            try:
                with self._place.room.taken():
                    response = await self._respond(request)
            except ProblemError as problem:
                response = problem.response()
            except GoneError:
                return
            answered.status = response.status_code
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        self._place.keys.check(request.headers)
        if request.method != "POST":
            raise ProblemError(405, "send a POST", "method_not_allowed", {"allow": "POST"})
        _check_type(request)
        raw = await read_body(request.receive, self._place.settings.body_limit)
        asked = read(raw, self._asked)
        answer = await self._place.work.run(self._answer, self._place.work.emo, asked)
        # Anything else than ASCII as escapes: half a surrogate pair has no bytes.
        body = json.dumps(answer.model_dump(mode="json"))
        return Response(body, media_type="application/json")


def analyze(emo: Emoplug, asked: AnalyzeRequest) -> AnalyzeResponse:
    """Understand each conversation; their texts are encoded together."""
    conversations = asked.conversations or [asked.messages]
    turns = emo.prepare_many([_plain(messages) for messages in conversations])
    return AnalyzeResponse(analyses=[Analysis.of(turn) for turn in turns])


def review(emo: Emoplug, asked: ReviewRequest) -> ReviewResponse:
    """Say what a reply does. Nothing is remembered, for no session is given."""
    turn = emo.prepare(_plain(asked.messages))
    return ReviewResponse.of(emo.review(turn, asked.reply))


def read(raw: bytes, asked: type[Asked]) -> Asked:
    """Read a request's body.

    Raises:
        ProblemError: 400, it is no JSON; 422, it is not what is asked for. Neither repeats it.
    """
    try:
        found = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ProblemError(400, "the body is no JSON in UTF-8", "invalid_json") from None
    try:
        return asked.model_validate(found, strict=True)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in problem["loc"])
        raise ProblemError(422, f"{where or 'body'}: {problem['msg']}", "invalid_request") from None


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, "send 'content-type: application/json'", "unsupported_media_type")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _plain(messages: list[Any]) -> list[dict[str, Any]]:
    return [message.model_dump(exclude_none=True) for message in messages]
