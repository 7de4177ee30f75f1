"""A chat model that works like another one, with emoplug around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from itertools import islice
from typing import Any, TypeVar, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from emoplug import Emoplug, Exchange, Review
from emoplug_langchain._messages import as_chat, guided
from emoplug_langchain._replace import replace
from emoplug_langchain._session import SessionOf, name_of, running, session_of

Model = TypeVar("Model", bound=Runnable[Any, Any])
OnReview = Callable[[Review], None] | None


def emotion_aware(
    model: Model,
    emo: Emoplug | None = None,
    *,
    session: SessionOf = None,
    on_review: OnReview = None,
) -> Model:
    """Answer a component that does what ``model`` does, with emoplug around each call.

    Args:
        model: A chat model, or something built around one or several: with bound tools, with
            fallbacks, a chain. Each chat model in it is wrapped; ``model`` itself stays as it is.
        emo: Whose plugins to use; the default plugins unless given. Share one between models.
        session: Whose conversation it is, for plugins that remember: a name, or something that
            answers one for each call. The ``thread_id`` of the call's config unless given.
        on_review: Told the review of each reply, from the thread that reviews.

    Raises:
        TypeError: there is no chat model in ``model``.
    """
    shared = Emoplug() if emo is None else emo

    def around(found: Any) -> Any:
        # A model that is wrapped already is left alone: guidance is given once.
        if not isinstance(found, BaseChatModel) or isinstance(found, EmotionChatModel):
            return found
        return EmotionChatModel(found, shared, session, on_review)

    wrapped = replace(model, around)
    if wrapped is model:
        raise TypeError(
            f"found no chat model in a {type(model).__name__}; wrap the chat model itself, "
            "before it becomes part of something else"
        )
    return cast(Model, wrapped)


class EmotionChatModel(BaseChatModel):
    """Asks ``inner`` with guidance in a copy of the last human message; made by ``emotion_aware``.

    It takes over what LangChain does around a model (callbacks, cache, rate limit, tracing), so
    that each happens once, and leaves to ``inner`` what a provider does. Attributes that it has
    not are those of ``inner``.
    """

    inner: BaseChatModel
    _emo: Emoplug = PrivateAttr()
    _session: SessionOf = PrivateAttr()
    _on_review: OnReview = PrivateAttr()

    def __init__(
        self, inner: BaseChatModel, emo: Emoplug, session: SessionOf, on_review: OnReview
    ) -> None:
        taken = {
            name: value
            for name in BaseChatModel.model_fields
            if (value := getattr(inner, name)) is not None
        }
        super().__init__(inner=inner, **taken)
        self._emo, self._session, self._on_review = emo, session, on_review

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)  # type: ignore[misc]  # pydantic's own
        except AttributeError:
            if name.startswith("_") or "inner" not in self.__dict__:
                raise
            return getattr(self.inner, name)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Ask, in the thread that ``config`` names."""
        with running(config):
            return super().invoke(input, config, **kwargs)

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Ask, in the thread that ``config`` names."""
        with running(config):
            return await super().ainvoke(input, config, **kwargs)

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:
        """Ask for a stream, in the thread that ``config`` names."""
        with closing(cast(Any, super().stream(input, config, **kwargs))) as stream:
            with running(config):  # the call is opened by the first step
                first = list(islice(stream, 1))
            yield from first
            yield from stream

    async def astream(self, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        """Ask for a stream, in the thread that ``config`` names."""
        async with aclosing(cast(Any, super().astream(input, config, **kwargs))) as stream:
            with running(config):  # the call is opened by the first step
                first = await anext(stream, None)
            if first is not None:
                yield first
            async for chunk in stream:
                yield chunk

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """Answer this model with tools bound in the way of ``inner``."""
        return self._ours(self.inner.bind_tools(tools, tool_choice=tool_choice, **kwargs))

    def with_structured_output(
        self, schema: Any, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """Answer this model with its replies made into ``schema`` in the way of ``inner``."""
        return self._ours(
            self.inner.with_structured_output(schema, include_raw=include_raw, **kwargs)
        )

    def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
        """Count as ``inner`` does."""
        more = {} if tools is None else {"tools": tools}
        return self.inner.get_num_tokens_from_messages(messages, **more)

    def get_token_ids(self, text: str) -> list[int]:
        """Tokenize as ``inner`` does."""
        return self.inner.get_token_ids(text)

    @property
    def _llm_type(self) -> str:
        return self.inner._llm_type

    @property
    def _identifying_params(self) -> dict[str, Any]:
        # Replies with and without guidance must not be mixed up in a cache.
        return {**self.inner._identifying_params, "emotion_aware": True}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return self.inner._get_ls_params(stop=stop, **kwargs)

    def _should_stream(self, **kwargs: Any) -> bool:
        return self.inner._should_stream(**kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        exchange = self._open(messages)
        sent = guided(messages, exchange)
        result = self.inner._generate(sent, stop=stop, run_manager=run_manager, **kwargs)
        exchange.close(_words(result))
        return result

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        exchange = await asyncio.to_thread(self._open, messages)
        sent = guided(messages, exchange)
        result = await self.inner._agenerate(sent, stop=stop, run_manager=run_manager, **kwargs)
        await asyncio.to_thread(exchange.close, _words(result))
        return result

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        exchange = self._open(messages)
        sent = guided(messages, exchange)
        failed = True  # also when the consumer stops early: what came is reviewed
        try:
            for chunk in self.inner._stream(sent, stop=stop, run_manager=run_manager, **kwargs):
                exchange.see(str(chunk.message.text))
                yield chunk
            failed = False
        finally:
            exchange.close(failed=failed)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        exchange = await asyncio.to_thread(self._open, messages)
        sent = guided(messages, exchange)
        stream = self.inner._astream(sent, stop=stop, run_manager=run_manager, **kwargs)
        try:
            async for chunk in stream:
                exchange.see(str(chunk.message.text))
                yield chunk
        except BaseException:  # failed, cancelled or closed early: nobody is to wait
            exchange.abandon()
            raise
        await asyncio.to_thread(exchange.close)

    def _open(self, messages: list[BaseMessage]) -> Exchange:
        session, model = session_of(self._session), name_of(self.inner)
        return Exchange.open(self._emo, as_chat(messages), session, model, self._on_review)

    def _ours(self, built: Runnable[Any, Any]) -> Runnable[Any, Any]:
        """Answer what ``inner`` built around itself, with this model in its place."""
        return cast(
            Runnable[Any, Any],
            replace(built, lambda found: self if found is self.inner else found),
        )


def _words(result: ChatResult) -> str:
    # Of several generations the first is the one people show.
    return str(result.generations[0].message.text) if result.generations else ""
