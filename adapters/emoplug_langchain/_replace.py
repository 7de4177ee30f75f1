"""Puts other models into what LangChain builds around models: bindings, sequences, fallbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from pydantic import BaseModel


def replace(part: Any, new_for: Callable[[Any], Any]) -> Any:
    """Answer a copy of ``part`` in which each chat model is what ``new_for`` answers for it.

    Only what leads to a changed model is copied; where nothing changes it is ``part`` itself.
    """
    if isinstance(part, BaseChatModel):
        return new_for(part)
    if isinstance(part, Runnable) and isinstance(part, BaseModel):
        changed = _changed(dict(part), new_for)
        return part.model_copy(update=changed) if changed else part
    if isinstance(part, Mapping):
        changed = _changed(part, new_for)
        return {**part, **changed} if changed else part
    if isinstance(part, list | tuple):
        parts = [replace(one, new_for) for one in part]
        same = all(new is old for new, old in zip(parts, part, strict=True))
        return part if same else type(part)(parts)
    return part


def _changed(members: Mapping[str, Any], new_for: Callable[[Any], Any]) -> dict[str, Any]:
    replaced = {name: replace(value, new_for) for name, value in members.items()}
    return {name: new for name, new in replaced.items() if new is not members[name]}
