"""Whose conversation a call is part of, as LangChain knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config

SessionOf = str | Callable[[], str | None] | None
"""A name, something that answers one for each call, or ``None`` for the thread of the call."""

_RUNNING: ContextVar[str | None] = ContextVar("emoplug_langchain_thread", default=None)


def session_of(session: SessionOf) -> str | None:
    """Answer the name given, else the ``thread_id`` (or ``session_id``) of the running call."""
    if callable(session):
        return session()
    return session if session is not None else _RUNNING.get() or _thread(None)


@contextmanager
def running(config: RunnableConfig | None) -> Iterator[None]:
    """Make the thread that ``config`` names the one of the calls within.

    LangChain tells a chain's parts of its config, but not a chat model's own methods.
    """
    token = _RUNNING.set(_thread(config))
    try:
        yield
    finally:
        _RUNNING.reset(token)


def _thread(config: RunnableConfig | None) -> str | None:
    told = ensure_config(config).get("configurable", {})
    thread = told.get("thread_id") or told.get("session_id")
    return None if thread is None else str(thread)


def name_of(model: object) -> str | None:
    """Answer the name of the model that a chat model asks, where it has one."""
    named = getattr(model, "model_name", None) or getattr(model, "model", None)
    return named if isinstance(named, str) else None
