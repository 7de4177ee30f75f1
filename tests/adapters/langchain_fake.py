"""A chat model of LangChain's kind: it speaks, calls the tools it is given and fills schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

SAID = "I hear you. That sounds hard."


class Fake(BaseChatModel):
    """Says ``said`` word by word, or calls the tool that it is given."""

    model: str = Field(default="fake", alias="model_name")
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None
    stop: list[str] | None = None
    max_retries: int = 0
    said: str = SAID

    @property
    def _llm_type(self) -> str:
        return "fake"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "temperature": self.temperature}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        known = LangSmithParams(
            ls_provider="fake", ls_model_name=kwargs.get("model", self.model), ls_model_type="chat"
        )
        if self.temperature is not None:
            known["ls_temperature"] = self.temperature
        if self.max_tokens is not None:
            known["ls_max_tokens"] = self.max_tokens
        if stop or self.stop:
            known["ls_stop"] = stop or self.stop or []
        return known

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        """Bind tools in OpenAI's shape."""
        shaped = [convert_to_openai_tool(tool) for tool in tools]
        return super().bind(tools=shaped, tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        calls = self._calls(messages, **kwargs)
        message = AIMessage(
            content="" if calls else self._text(stop),
            tool_calls=calls,
            usage_metadata=self._usage(messages),
            response_metadata={"model_name": kwargs.get("model", self.model)},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        whole = self._generate(messages, stop, run_manager, **kwargs).generations[0].message
        assert isinstance(whole, AIMessage)
        for call in whole.tool_calls:
            yield self._chunk(
                AIMessageChunk(
                    content="",
                    tool_call_chunks=[
                        {
                            "name": call["name"],
                            "args": json.dumps(call["args"]),
                            "id": call["id"],
                            "index": 0,
                            "type": "tool_call_chunk",
                        }
                    ],
                )
            )
        for word in str(whole.content).split(" ") if whole.content else []:
            chunk = self._chunk(AIMessageChunk(content=f"{word} "))
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk
        yield self._chunk(
            AIMessageChunk(
                content="",
                usage_metadata=whole.usage_metadata,
                response_metadata=whole.response_metadata,
            )
        )

    @staticmethod
    def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
        return ChatGenerationChunk(message=message)

    def _text(self, stop: list[str] | None) -> str:
        text = self.said
        for mark in stop or self.stop or []:
            text = text.partition(mark)[0]
        return text

    @staticmethod
    def _usage(messages: list[BaseMessage]) -> UsageMetadata:
        # What was sent counts, so that a test can see whether more was sent.
        read = sum(len(str(message.text).split()) for message in messages)
        return UsageMetadata(input_tokens=read, output_tokens=6, total_tokens=read + 6)

    @staticmethod
    def _calls(messages: list[BaseMessage], **kwargs: Any) -> list[Any]:
        tools = kwargs.get("tools") or []
        if not tools or isinstance(messages[-1], ToolMessage):
            return []
        function, said = tools[0]["function"], str(messages[-1].text)
        arguments = _filled(function["parameters"], function["parameters"], said)
        return [{"name": function["name"], "args": arguments, "id": "call_1", "type": "tool_call"}]


def _filled(schema: dict[str, Any], root: dict[str, Any], said: str) -> Any:
    """Answer a value that fits ``schema``; texts are what was ``said``."""
    if "$ref" in schema:
        return _filled(root["$defs"][schema["$ref"].rpartition("/")[2]], root, said)
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], root, said)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        members = schema.get("properties", {})
        return {name: _filled(members[name], root, said) for name in schema.get("required", ())}
    values: dict[str, Any] = {"integer": 3, "number": 3.0, "boolean": True, "array": []}
    return values.get(schema.get("type", ""), said)
