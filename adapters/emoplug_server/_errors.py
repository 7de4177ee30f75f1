"""What the server itself refuses or cannot do, in the shape of OpenAI's errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_KINDS = {401: "authentication_error", 429: "rate_limit_error"}


class ProblemError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        code: A word for programs.
        headers: Further headers of the answer.
    """

    def __init__(
        self, status: int, message: str, code: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    def body(self) -> dict[str, Any]:
        """Answer the body as OpenAI's clients read it."""
        kind = _KINDS.get(
            self.status, "server_error" if self.status >= 500 else "invalid_request_error"
        )
        return {"error": {"message": str(self), "type": kind, "param": None, "code": self.code}}

    def response(self) -> Response:
        """Answer the whole response."""
        return JSONResponse(self.body(), self.status, self.headers)

    def event(self) -> bytes:
        """Answer it as an event of a stream that already flows."""
        return b"data: " + json.dumps(self.body()).encode() + b"\n\n"


class GoneError(Exception):
    """The client hung up: there is nobody to answer."""


def refuse(_request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: an unknown path, a wrong method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    known = {404: ("no such path", "not_found"), 405: ("no such method here", "method_not_allowed")}
    message, code = known.get(status, ("the server failed", "internal_error"))
    return ProblemError(status, message, code, headers).response()
