"""What an OpenAI-compatible server says, as JSON: replies, stream events, errors.

The shapes follow OpenAI's public API reference; the values are fixed, so that runs are equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]
CREATED = 1_750_000_000
CHAT_PARTS = {"text", "image_url", "input_audio", "file", "refusal"}
RESPONSE_PARTS = {"input_text", "input_image", "input_file", "input_audio", "output_text"}
ERROR_TYPES = {400: "invalid_request_error", 401: "invalid_request_error", 429: "requests"}
ERROR_CODES = {400: "invalid_value", 401: "invalid_api_key", 429: "rate_limit_exceeded"}


@dataclass(frozen=True)
class Call:
    """A tool call in a reply: ``arguments`` is JSON text, as on the wire."""

    name: str
    arguments: str
    id: str = "call_1"


class RefusedError(Exception):
    """The request is one that OpenAI would refuse."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def loaded(raw: bytes) -> JSON:
    """Answer the body of a request, or refuse what is no JSON object."""
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise RefusedError(400, "we could not parse the JSON body of your request") from error
    if not isinstance(body, dict):
        raise RefusedError(400, "the body of your request must be a JSON object")
    return body


def check_messages(messages: Any) -> None:
    """Refuse chat messages that OpenAI would refuse."""
    _check_items(messages, {"role"}, CHAT_PARTS)


def check_input(given: Any) -> None:
    """Refuse Responses API input that OpenAI would refuse; plain text is fine."""
    if not isinstance(given, str):
        _check_items(given, {"role", "type"}, RESPONSE_PARTS)


def _check_items(items: Any, known: set[str], parts: set[str]) -> None:
    if not isinstance(items, list) or not items:
        raise RefusedError(400, "you must provide messages or input as a list that is not empty")
    for index, item in enumerate(items):
        if not isinstance(item, dict) or not item.keys() & known:
            raise RefusedError(400, f"item {index} is not a message")
        content = item.get("content")
        if isinstance(content, list) and any(part.get("type") not in parts for part in content):
            raise RefusedError(400, f"item {index} has a content part of an unknown type")


def schema_of(body: JSON) -> JSON | None:
    """Answer the JSON schema that a request asks its reply to fit, if any."""
    asked = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    if asked.get("type") != "json_schema":
        return None
    schema: JSON = (asked.get("json_schema") or asked)["schema"]
    return schema


def error(status: int, message: str) -> JSON:
    return {
        "error": {
            "message": message,
            "type": ERROR_TYPES.get(status, "server_error"),
            "param": None,
            "code": ERROR_CODES.get(status),
        }
    }


def embeddings(body: JSON) -> JSON:
    """Answer an embedding of two numbers for each text."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows = [
        {"object": "embedding", "index": index, "embedding": [0.6, 0.8]}
        for index, _ in enumerate(texts)
    ]
    usage = {"prompt_tokens": 10, "total_tokens": 10}
    return {"object": "list", "data": rows, "model": body["model"], "usage": usage}


def models() -> JSON:
    model = {"id": "listener", "object": "model", "created": CREATED, "owned_by": "emoplug"}
    return {"object": "list", "data": [model]}


def pieces(text: str) -> list[str]:
    """Cut ``text`` into words with their white space: what a stream sends one by one."""
    return re.findall(r"\s*\S+|\s+$", text)


def fitting(text: str, schema: JSON | None) -> str:
    """Answer ``text``, or JSON that fits ``schema`` with ``text`` in its strings."""
    if schema is None:
        return text
    try:
        json.loads(text)
    except ValueError:
        return json.dumps(_instance(schema, schema, text))
    return text


def _instance(schema: JSON, root: JSON, text: str) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _instance(root["$defs"][name], root, text)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _instance(schema["anyOf"][0], root, text)
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        return {name: _instance(field, root, text) for name, field in fields.items()}
    simple: JSON = {"integer": 1, "number": 0.5, "boolean": True, "array": [], "null": None}
    return simple.get(schema.get("type", ""), text)


def chat_completion(model: str, text: str, call: Call | None) -> JSON:
    message: JSON = {"role": "assistant", "content": text or None, "refusal": None}
    if call:
        message["tool_calls"] = [_chat_call(call)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(call)}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": CREATED, "model": model}
    return {**head, "choices": [choice], "usage": _chat_usage(text)}


def chat_chunks(model: str, words: Iterator[str], call: Call | None, usage: bool) -> Iterator[JSON]:
    """Answer a chat stream's chunks: role, each word, the tool call, the end, the usage."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": CREATED}

    def chunk(delta: JSON, finish: str | None = None) -> JSON:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "model": model, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    sent = ""
    for word in words:
        sent += word
        yield chunk({"content": word})
    if call:
        start = {**_chat_call(call), "index": 0}
        yield chunk({"tool_calls": [{**start, "function": {"name": call.name, "arguments": ""}}]})
        for part in pieces(call.arguments):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
    yield chunk({}, _finish(call))
    if usage:
        yield {**head, "model": model, "choices": [], "usage": _chat_usage(sent)}


def _chat_call(call: Call) -> JSON:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _finish(call: Call | None) -> str:
    return "tool_calls" if call else "stop"


def _chat_usage(text: str) -> JSON:
    count = len(pieces(text))
    return {"prompt_tokens": 10, "completion_tokens": count, "total_tokens": 10 + count}


def response(body: JSON, text: str, call: Call | None, status: str = "completed") -> JSON:
    """Answer a Responses API object; only a finished one has its output and usage."""
    finished = status == "completed"
    output = [_message(text)] if text else []
    if call:
        output.append(_function_call(call))
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": CREATED,
        "model": body["model"],
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "output": output if finished else [],
        "parallel_tool_calls": True,
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "temperature": 1.0,
        "top_p": 1.0,
        "text": body.get("text", {"format": {"type": "text"}}),
        "usage": _response_usage(text) if finished else None,
    }


def response_events(body: JSON, words: Iterator[str], call: Call | None) -> Iterator[JSON]:
    """Answer a Responses API stream's events, numbered in order."""
    for number, event in enumerate(_response_events(body, words, call)):
        yield {**event, "sequence_number": number}


def _response_events(body: JSON, words: Iterator[str], call: Call | None) -> Iterator[JSON]:
    yield {"type": "response.created", "response": response(body, "", None, "in_progress")}
    text = ""
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    for word in words:
        if not text:
            yield _item("added", 0, {**_message(""), "status": "in_progress", "content": []})
            yield {"type": "response.content_part.added", **where, "part": _text_part("")}
        text += word
        yield {"type": "response.output_text.delta", **where, "delta": word, "logprobs": []}
    if text:
        yield {"type": "response.output_text.done", **where, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **where, "part": _text_part(text)}
        yield _item("done", 0, _message(text))
    if call:
        yield from _call_events(call, 1 if text else 0)
    yield {"type": "response.completed", "response": response(body, text, call)}


def _call_events(call: Call, index: int) -> Iterator[JSON]:
    where = {"item_id": "fc_1", "output_index": index}
    empty = {**_function_call(call), "arguments": "", "status": "in_progress"}
    yield _item("added", index, empty)
    for part in pieces(call.arguments):
        yield {"type": "response.function_call_arguments.delta", **where, "delta": part}
    done = {"name": call.name, "arguments": call.arguments}
    yield {"type": "response.function_call_arguments.done", **where, **done}
    yield _item("done", index, _function_call(call))


def _item(moment: str, index: int, item: JSON) -> JSON:
    return {"type": f"response.output_item.{moment}", "output_index": index, "item": item}


def _text_part(text: str) -> JSON:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(text: str) -> JSON:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    return {**head, "content": [_text_part(text)]}


def _function_call(call: Call) -> JSON:
    names = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
    return {"id": "fc_1", "type": "function_call", "status": "completed", **names}


def _response_usage(text: str) -> JSON:
    count = len(pieces(text))
    return {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": count,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 10 + count,
    }
