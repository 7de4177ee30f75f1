"""An OpenAI-compatible endpoint, asked one question at a time; failures name the fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emoplug import EmoplugError, missing_extra

if TYPE_CHECKING:
    from openai import OpenAI

_NO_KEY = "none"
"""Sent to local servers, which ask for no key; the client refuses to go without one."""
_TIMEOUT = 300.0
_RETRIES = 4
"""Times the client tries again, with pauses, where trying again may help."""
_LISTED = 8
_FIXES = {
    400: "see what it says; some models want another --temperature",
    401: "give the right --api-key, or set OPENAI_API_KEY",
    403: "use a key that may use this model, or another --model",
    404: "check --model, and --base-url (it usually ends in /v1)",
    429: "its limit or your quota is used up: wait, or lower --concurrency",
}


class EndpointError(EmoplugError):
    """The endpoint gave no answer."""


@dataclass(frozen=True)
class Said:
    """What a model said, and what it cost where the endpoint tells, in tokens."""

    text: str
    prompt_tokens: int | None
    reply_tokens: int | None


class Endpoint:
    """One model behind an OpenAI-compatible API; safe to share between threads.

    Args:
        base_url: Where; OpenAI's own without one.
        model: Which; may be left out where the endpoint has only one.
        api_key: Its key; none is needed for an endpoint of one's own.

    Attributes:
        model: The model.
        place: Where it is, without credentials.

    Raises:
        EndpointError: ``openai`` or a key is missing, or no model can be told.
    """

    def __init__(self, base_url: str | None, model: str | None, api_key: str | None) -> None:
        self._client = _client(base_url, api_key)
        self.place = _place(str(self._client.base_url))
        self.model = model or self._only_model()

    def ask(self, messages: Sequence[Mapping[str, Any]], temperature: float) -> Said:
        """Answer what the model says to ``messages``.

        Raises:
            EndpointError: refused, unreachable or nonsense, also after trying again.
        """
        request: Any = {"model": self.model, "messages": list(messages), "temperature": temperature}
        try:
            answer = self._client.chat.completions.create(**request)
            message, usage = answer.choices[0].message, answer.usage
        except Exception as error:  # the client also lets errors of its transport through
            raise EndpointError(self._explain(error)) from error
        return Said(
            text=message.content or message.refusal or "",
            prompt_tokens=usage.prompt_tokens if usage else None,
            reply_tokens=usage.completion_tokens if usage else None,
        )

    def _only_model(self) -> str:
        try:
            models = [model.id for model in self._client.models.list().data]
        except Exception as error:  # as in ask
            raise EndpointError(self._explain(error)) from error
        if len(models) == 1:
            return models[0]
        listed = ", ".join(models[:_LISTED]) + (", …" if len(models) > _LISTED else "")
        raise EndpointError(f"name the model with --model; {self.place} has: {listed or 'none'}")

    def _explain(self, error: Exception) -> str:
        status: int | None = getattr(error, "status_code", None)
        if status is not None:
            fix = _FIXES.get(status, "try again later" if status >= 500 else _FIXES[400])
            return f"{self.place} refused ({status}: {_message(error)}); {fix}"
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if "APITimeoutError" in kinds:
            return f"{self.place} did not answer within {_TIMEOUT:g} s; see whether it is busy"
        if "APIConnectionError" in kinds:
            reason = error.__cause__ or error
            return f"cannot reach {self.place} ({reason}); check --base-url and that it runs"
        return (
            f"{self.place} sent no answer ({type(error).__name__}); an OpenAI-compatible endpoint "
            "is needed (--base-url usually ends in /v1)"
        )


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
            f"--base-url {base_url!r} is no http address; write it like http://127.0.0.1:8000/v1"
        )
    key = (api_key or "").strip() or (_NO_KEY if base_url else "")
    if not key:
        raise EndpointError(
            "OpenAI's own endpoint needs a key; give --api-key, set OPENAI_API_KEY, "
            "or name another endpoint with --base-url"
        )
    return openai.OpenAI(api_key=key, base_url=base_url, max_retries=_RETRIES, timeout=_TIMEOUT)


def _message(error: Exception) -> str:
    body = getattr(error, "body", None)
    words = body.get("message") if isinstance(body, Mapping) else None
    return " ".join(str(words or getattr(error, "message", error)).split())[:200]


def _place(url: str) -> str:
    """Answer ``url`` without user name, password or query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}".rstrip("/") if host else ""
