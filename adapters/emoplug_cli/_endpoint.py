"""An OpenAI-compatible endpoint, streamed; every failure is one line that names the fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emoplug import EmoplugError, missing_extra
from emoplug_cli._plain import one_line

if TYPE_CHECKING:
    from openai import OpenAI

NO_KEY = "none"
"""Sent to local servers, which ask for no key; the client refuses to go without one."""
_TIMEOUT = 300.0
"""Seconds without a byte: a local model may read a long prompt for minutes before it speaks."""
_LISTED = 8
_AGAIN = "then /retry"
_FIXES = {
    400: f"see what it says, change the message or --model, {_AGAIN}",
    401: "start again with the right --api-key, or set OPENAI_API_KEY",
    403: "use a key that may use this model, or another --model",
    404: "check --model, and --base-url (it usually ends in /v1)",
    413: "the conversation is too long for it: /reset starts a new one",
    429: f"its limit or your quota is used up: wait a little, {_AGAIN}",
}


class EndpointError(EmoplugError):
    """The endpoint gave no whole answer."""


class Endpoint:
    """One model behind an OpenAI-compatible API.

    Attributes:
        name: The model.
        place: Where it is, without credentials.
    """

    def __init__(self, client: OpenAI, model: str) -> None:
        self._client = client
        self.name = model
        self.place = _place(str(client.base_url))

    @classmethod
    def connect(cls, base_url: str | None, model: str | None, api_key: str | None) -> Endpoint:
        """Make a client; only without a ``model`` is the endpoint asked something, which it has.

        Raises:
            EndpointError: ``openai`` or a key is missing, or no model can be told.
        """
        client = _client(base_url, api_key)
        return cls(client, model or _only_model(client))

    def stream(self, messages: Sequence[Any]) -> Iterator[str]:
        """Ask for an answer to ``messages`` and yield its words as they come.

        Raises:
            EndpointError: refused, unreachable, or broken off before its end.
        """
        said, ended = False, False
        try:
            request: Any = {"model": self.name, "messages": list(messages), "stream": True}
            with closing(self._client.chat.completions.create(**request)) as chunks:
                for chunk in chunks:
                    for choice in chunk.choices[:1]:
                        words = choice.delta.content or choice.delta.refusal or ""
                        said, ended = said or bool(words), ended or bool(choice.finish_reason)
                        yield words
        except Exception as error:  # the client also lets errors of its transport through
            raise EndpointError(_explain(error, self.place, said)) from error
        if not ended:
            raise EndpointError(_broken_off(said, self.place))


def _client(base_url: str | None, api_key: str | None) -> OpenAI:
    try:
        import openai
    except ModuleNotFoundError as error:
        raise EndpointError(
            f"an endpoint needs {error.name}, which is not installed; "
            f"try: pip install {missing_extra('openai')!r}"
        ) from error
    if base_url and not (urlsplit(base_url).scheme in {"http", "https"} and _place(base_url)):
        raise EndpointError(
            f"--base-url {one_line(base_url)!r} is no http address; "
            "write it like http://127.0.0.1:8000/v1"
        )
    key = (api_key or "").strip() or (NO_KEY if base_url else "")
    if not key:
        raise EndpointError(
            "OpenAI's own endpoint needs a key; give --api-key, set OPENAI_API_KEY, "
            "or name another endpoint with --base-url"
        )
    # No silent retries: the person sees a failure at once, and decides.
    return openai.OpenAI(api_key=key, base_url=base_url, max_retries=0, timeout=_TIMEOUT)


def _only_model(client: OpenAI) -> str:
    place = _place(str(client.base_url))
    try:
        models = [model.id for model in client.models.list().data]
    except Exception as error:  # as in stream
        raise EndpointError(_explain(error, place, said=False)) from error
    if len(models) == 1:
        return models[0]
    listed = one_line(", ".join(models[:_LISTED])) + (", …" if len(models) > _LISTED else "")
    raise EndpointError(f"name the model with --model; {place} has: {listed or 'none listed'}")


def _explain(error: Exception, place: str, said: bool) -> str:
    status: int | None = getattr(error, "status_code", None)
    if status is not None:
        fix = _FIXES.get(status)
        if status == 429 and (seconds := _retry_after(error)):
            fix = f"its limit or your quota is used up: wait {seconds} s, {_AGAIN}"
        fix = fix or (f"wait a moment, {_AGAIN}" if status >= 500 else _FIXES[400])
        return f"{place} refused ({status}: {_message(error)}); {fix}"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "APITimeoutError" in kinds:
        return f"{place} did not answer within {_TIMEOUT:g} s; see whether it is busy, {_AGAIN}"
    if "APIConnectionError" in kinds:
        reason = one_line(str(error.__cause__ or error))
        if said:
            return _broken_off(said, place, reason)
        return f"cannot reach {place} ({reason}); check --base-url and that it runs, {_AGAIN}"
    if "APIError" in kinds:
        return f"{place} reported an error in its answer ({_message(error)}); /retry asks again"
    return _broken_off(said, place, type(error).__name__)


def _broken_off(said: bool, place: str, kind: str = "it ended early") -> str:
    if said:
        return f"the answer broke off ({kind}); what you wrote is kept: /retry asks again"
    return (
        f"{place} sent no answer ({kind}); if it is an OpenAI-compatible endpoint "
        "(--base-url usually ends in /v1), /retry asks again"
    )


def _message(error: Exception) -> str:
    body = getattr(error, "body", None)
    words = body.get("message") if isinstance(body, Mapping) else None
    return one_line(str(words or getattr(error, "message", error)), limit=200)


def _retry_after(error: Exception) -> str:
    response = getattr(error, "response", None)
    value = response.headers.get("retry-after", "") if response is not None else ""
    return value if value.replace(".", "", 1).isdigit() else ""


def _place(url: str) -> str:
    """Answer ``url`` without user name, password or query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return one_line(f"{parts.scheme}://{host}{parts.path}".rstrip("/")) if host else ""
