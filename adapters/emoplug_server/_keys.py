"""Who may come in, and whose sessions are whose."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

from pydantic import SecretStr
from starlette.datastructures import Headers

from emoplug_server._errors import ProblemError
from emoplug_server._settings import ServerSettings

SESSION = "x-emoplug-session"


class Keys:
    """The keys of our own. Without any, whoever reaches the server may use it."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._digests = [sha256(key.get_secret_value().encode()).digest() for key in keys]

    @property
    def any(self) -> bool:
        """Tell whether clients need one."""
        return bool(self._digests)

    def check(self, headers: Headers) -> None:
        """Refuse who brings none of the keys.

        Raises:
            ProblemError: 401.
        """
        if not self._digests:
            return
        digest = sha256(_credential(headers).encode()).digest()
        # All are compared, each in constant time: how long it takes tells nothing.
        if not any([hmac.compare_digest(digest, known) for known in self._digests]):
            raise ProblemError(
                401,
                "wrong or missing key; send one of this server's as 'Authorization: Bearer <key>'",
                "invalid_api_key",
                {"www-authenticate": "Bearer"},
            )


def session_of(headers: Headers, settings: ServerSettings) -> str | None:
    """Answer whose conversation it is: two clients that choose the same name share nothing.

    Raises:
        ProblemError: 400, the name is too long.
    """
    name = headers.get(SESSION)
    if not name:
        return None
    if len(name) > settings.session_limit:
        raise ProblemError(
            400,
            f"{SESSION} has {len(name)} characters; at most {settings.session_limit} are allowed",
            "session_too_long",
        )
    # Not the credential itself: a session's name is kept on disk.
    return f"{sha256(_credential(headers).encode()).hexdigest()[:16]}:{name}"


def _credential(headers: Headers) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ").strip()
