"""Whose conversation a call is part of, as LangChain knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.runnables.config import ensure_config

SessionOf = str | Callable[[], str | None] | None
"""A name, something that answers one for each call, or ``None`` for the thread of the call."""


def session_of(session: SessionOf, known: Mapping[str, Any] | None = None) -> str | None:
    """Answer the name given, else the ``thread_id`` (or ``session_id``) of the running call.

    Args:
        session: As the caller gave it.
        known: What the run's metadata tell; the config around the run unless given.
    """
    if callable(session):
        return session()
    if session is not None:
        return session
    told = {**ensure_config().get("configurable", {}), **(known or {})}
    thread = told.get("thread_id") or told.get("session_id")
    return None if thread is None else str(thread)


def name_of(model: object) -> str | None:
    """Answer the name of the model that a chat model asks, where it has one."""
    named = getattr(model, "model_name", None) or getattr(model, "model", None)
    return named if isinstance(named, str) else None
