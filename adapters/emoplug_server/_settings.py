"""What the server is told: from code, from flags, and from ``EMOPLUG_SERVER_*``."""

from __future__ import annotations

import os
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableVariable

from emoplug import SettingsError, did_you_mean

PREFIX = "EMOPLUG_SERVER_"
MEBIBYTE = 1 << 20


class ServerSettings(BaseSettings):
    """How the proxy runs. What is not given in code comes from ``EMOPLUG_SERVER_<NAME>``.

    Attributes:
        upstream: Base URL of the model's own endpoint, ``/v1`` included where it has one.
        upstream_key: Sent upstream in place of the client's own credential.
        api_keys: Keys of our own, one of which a client must send; none: everybody may come in,
            and the client's credential goes upstream.
        body_limit: Most bytes of a request that is read.
        message_limit: Most messages that are read; longer conversations pass through unguided.
        session_limit: Most characters of a session's name.
        concurrency: Most requests in flight; beyond it 503 with ``retry-after``.
        threads: Requests understood at a time; 0 is two for each core.
        connect_timeout: Seconds that a connection to upstream may take.
        read_timeout: Seconds without a byte from upstream.
        grace: Seconds that requests under way have to finish at shutdown.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    upstream: str = Field(default="https://api.openai.com/v1", pattern="^https?://[^/]")
    upstream_key: SecretStr | None = None
    api_keys: tuple[SecretStr, ...] = ()
    body_limit: int = Field(default=10 * MEBIBYTE, ge=1)
    message_limit: int = Field(default=2000, ge=1)
    session_limit: int = Field(default=256, ge=1)
    concurrency: int = Field(default=1000, ge=1)
    threads: int = Field(default=0, ge=0)
    connect_timeout: float = Field(default=10.0, gt=0)
    read_timeout: float = Field(default=600.0, gt=0)
    grace: float = Field(default=30.0, ge=0)

    @field_validator("upstream")
    @classmethod
    def _without_slash(cls, upstream: str) -> str:
        return upstream.rstrip("/")

    @field_validator("api_keys")
    @classmethod
    def _no_blank_key(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(not key.get_secret_value().strip() for key in keys):
            raise ValueError("an empty key would let everybody in; remove it")
        return keys

    @classmethod
    def build(cls, **values: Any) -> Self:
        """Make settings, turning pydantic's report into one sentence that names the fix.

        Raises:
            SettingsError: an unknown name or a wrong value. It never repeats the value: it may
                be a key.
        """
        _refuse_unknown_variables(cls)
        try:
            return cls(**values)
        except UnreadableVariable as error:
            # The reason behind it would repeat the value.
            raise SettingsError(f"server: {error}; lists are written as JSON") from None
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0])
            hint = did_you_mean(name, cls.model_fields) if name not in cls.model_fields else ""
            raise SettingsError(f"server: {name} is wrong: {problem['msg']}{hint}") from None


def _refuse_unknown_variables(settings: type[ServerSettings]) -> None:
    valid = [PREFIX + name.upper() for name in settings.model_fields]
    for variable in os.environ:
        if variable.upper().startswith(PREFIX) and variable.upper() not in valid:
            hint = did_you_mean(variable.upper(), valid)
            raise SettingsError(
                f"environment: unknown variable {variable}{hint}; valid: {', '.join(valid)}"
            )
