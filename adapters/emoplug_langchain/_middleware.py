"""The middleware: an agent of ``create_agent`` that understands whom it talks to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import (
    ExtendedModelResponse,
    ModelRequest,
    ModelResponse,
)
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage
from langgraph.types import Command

from emoplug import Emoplug, Exchange, Review
from emoplug_langchain._messages import as_chat, guided
from emoplug_langchain._session import SessionOf, name_of, session_of
from emoplug_langchain._state import EmotionState, told
from emoplug_langchain._stream import MARK, EmotionTransformer

Request = ModelRequest[Any]
Response = ModelResponse[Any]


class EmotionMiddleware(AgentMiddleware[EmotionState, Any, Any]):
    """Guides each call to the model and puts what was understood into the agent's state.

    Guidance goes into a copy of the last human message of the request; the state's messages never
    hold it, the system prompt and earlier messages stay the same objects. In a tool loop each call
    carries the same guidance. The state gets ``emotion``, ``causes`` and ``strategy``, and a v3
    event stream the projection ``emotion``.

    Args:
        emo: Whose plugins to use; the default plugins unless given. Share one between agents.
        session: Whose conversation it is, for plugins that remember: a name, or something that
            answers one for each call. The thread of the run unless given.
        on_review: Told the review of each reply, from the thread that reviews.
    """

    state_schema = EmotionState
    transformers = (EmotionTransformer,)

    def __init__(
        self,
        emo: Emoplug | None = None,
        *,
        session: SessionOf = None,
        on_review: Callable[[Review], None] | None = None,
    ) -> None:
        super().__init__()
        self._emo = Emoplug() if emo is None else emo
        self._session = session
        self._on_review = on_review

    def wrap_model_call(
        self, request: Request, handler: Callable[[Request], Response]
    ) -> ExtendedModelResponse[Any]:
        """Guide one call and review its reply."""
        exchange = self._open(request)
        response = handler(_sent(request, exchange))
        exchange.close(_words(response))
        return _extended(request, response, exchange)

    async def awrap_model_call(
        self, request: Request, handler: Callable[[Request], Awaitable[Response]]
    ) -> ExtendedModelResponse[Any]:
        """The same, off the event loop."""
        exchange = await asyncio.to_thread(self._open, request)
        response = await handler(_sent(request, exchange))
        await asyncio.to_thread(exchange.close, _words(response))
        return _extended(request, response, exchange)

    def _open(self, request: Request) -> Exchange:
        exchange = Exchange.open(
            self._emo,
            as_chat(_asked(request)),
            session_of(self._session),
            name_of(request.model),
            self._on_review,
        )
        request.runtime.stream_writer({MARK: told(exchange.turn, _before(request))})
        return exchange


def _before(request: Request) -> int:
    """Answer how many messages go out before those of the state: the system prompt, or none."""
    return 1 if request.system_message else 0


def _asked(request: Request) -> list[BaseMessage]:
    """Answer all that goes out: what is understood must not depend on where the prompt is kept."""
    system: list[BaseMessage] = [request.system_message] if request.system_message else []
    return [*system, *request.messages]


def _sent(request: Request, exchange: Exchange) -> Request:
    sent = guided(_asked(request), exchange)[_before(request) :]
    return request.override(messages=cast(list[AnyMessage], sent))


def _words(response: Response) -> str:
    return "".join(str(m.text) for m in response.result if isinstance(m, AIMessage))


def _extended(
    request: Request, response: Response, exchange: Exchange
) -> ExtendedModelResponse[Any]:
    update = told(exchange.turn, _before(request))
    return ExtendedModelResponse(model_response=response, command=Command(update=update))
