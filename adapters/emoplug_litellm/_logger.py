"""The callback: LiteLLM tells it of each attempt at a model, of replies and of their chunks."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

from emoplug import Emoplug, Exchange, Review, Turn
from emoplug_litellm._calls import UNDER_WAY, Calls, carried, words_in, words_of

_TALKING = frozenset({"completion", "acompletion", "responses", "aresponses"})
"""Call types that carry a conversation to a model."""


class EmotionLogger(CustomLogger):
    """Guides each call of LiteLLM's async SDK, router and proxy, and reviews its reply.

    Guidance goes into a copy of the last user message of each attempt: once, however often the
    router retries or falls back. What was understood is in ``reply._hidden_params["emoplug"]``
    and, in the proxy, in the header ``x-emoplug-emotion``.

    Args:
        emo: Whose plugins to use; the default plugins unless given.
        session: Whose conversations these are, for plugins that remember; the call's own
            ``litellm_session_id`` or ``metadata["session_id"]`` unless given. In the proxy it
            belongs to the key that was used: no two keys share one.
        on_review: Told the review of each reply, from the thread that reviews.
    """

    def __init__(
        self,
        emo: Emoplug | None = None,
        *,
        session: str | None = None,
        on_review: Callable[[Review], None] | None = None,
    ) -> None:
        super().__init__()
        self._calls = Calls(Emoplug() if emo is None else emo, session, on_review)
        self._open: dict[str, Exchange] = {}

    async def async_pre_call_deployment_hook(
        self, kwargs: dict[str, Any], call_type: Any
    ) -> dict[str, Any] | None:
        """Answer the arguments of an attempt with guidance in them."""
        argument = carried(kwargs)
        talks = getattr(call_type, "value", call_type) in _TALKING
        if argument is None or not talks or UNDER_WAY.get():
            return None
        exchange, guided = await asyncio.to_thread(self._calls.open, argument, kwargs)
        self._keep(kwargs, exchange)
        return guided

    async def async_post_call_success_deployment_hook(
        self, request_data: dict[str, Any], response: Any, call_type: Any
    ) -> None:
        """Review a whole reply."""
        exchange = self._open.get(_id(request_data))
        if exchange is None or _streams(response):
            return
        await asyncio.to_thread(exchange.close, words_of(response))
        self._open.pop(_id(request_data), None)
        hidden = getattr(response, "_hidden_params", None)
        if isinstance(hidden, dict):
            hidden["emoplug"] = _told(exchange.turn)

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Review a stream that came to its end: LiteLLM tells of it as one whole reply."""
        exchange = self._open.get(_id(kwargs))
        if exchange is not None and kwargs.get("stream"):
            await asyncio.to_thread(exchange.close, words_of(response_obj))
            self._open.pop(_id(kwargs), None)

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncGenerator[Any, None]:
        """Hand on a stream of the proxy; review what came when its client leaves early."""
        exchange = self._open.get(_id(request_data))
        async for chunk in response:
            if exchange is not None:
                exchange.see(words_in(chunk))
            yield chunk

    async def async_post_call_response_headers_hook(
        self,
        data: dict[str, Any],
        user_api_key_dict: Any,
        response: Any,
        request_headers: dict[str, str] | None = None,
        litellm_call_info: dict[str, Any] | None = None,
    ) -> dict[str, str] | None:
        """Answer the proxy's headers of ours."""
        exchange = self._open.get(_id(data))
        hidden = getattr(response, "_hidden_params", None) or {}
        told = _told(exchange.turn) if exchange else hidden.get("emoplug")
        emotion = (told or {}).get("emotion")
        return {"x-emoplug-emotion": emotion} if emotion else None

    def _keep(self, kwargs: Mapping[str, Any], exchange: Exchange) -> None:
        """Keep the exchange until its reply is reviewed, or nobody can ask for it any more."""
        call = _id(kwargs)
        self._open[call] = exchange
        attempt = kwargs.get("litellm_logging_obj")
        if attempt is not None:
            weakref.finalize(attempt, _drop, self._open, call, exchange).atexit = False


def _drop(open_calls: dict[str, Exchange], call: str, exchange: Exchange) -> None:
    """Review what came of a stream that was dropped; what failed or was reviewed has nothing."""
    if open_calls.get(call) is exchange:
        del open_calls[call]
        if exchange.heard:
            exchange.abandon()


def _id(data: Mapping[str, Any]) -> str:
    return str(data.get("litellm_call_id"))


def _streams(response: Any) -> bool:
    return hasattr(response, "__anext__") or hasattr(response, "__next__")


def _told(turn: Turn) -> dict[str, Any]:
    """Answer what other loggers may see: none of anybody's words."""
    reading = turn.reading
    return {
        "emotion": reading.emotion if reading else None,
        "probability": reading.probability if reading else None,
        "strategy": turn.strategies[0].strategy if turn.strategies else None,
        "degraded": [f"{one.plugin}:{one.hook}" for one in turn.degraded],
    }
