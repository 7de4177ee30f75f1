"""Emotion-aware middleware for LLM apps.

    emo = Emoplug()
    turn = emo.prepare(messages)         # before the model: what the person feels, what to tell it
    reply = ask_model(turn.request_messages)
    review = emo.review(turn, reply)     # after it: what the reply does

Names load on first use, so importing emoplug is cheap and loads no model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emoplug._catalogue import available, missing_extra
    from emoplug._dialogue import Dialogue
    from emoplug._emoplug import Emoplug
    from emoplug._errors import (
        DeadlineError,
        DeviceError,
        EmoplugError,
        InputError,
        MessageError,
        PluginError,
        PluginFailedError,
        PluginLoadError,
        SettingsError,
        StoreBusyError,
        StoreError,
        UnknownPluginError,
        WeightsError,
        did_you_mean,
    )
    from emoplug._exchange import Exchange
    from emoplug._fingerprint import fingerprint, fingerprints
    from emoplug._offline import no_telemetry
    from emoplug._prefixes import PrefixCache
    from emoplug._quote import quote
    from emoplug._settings import Settings
    from emoplug._tokens import count_tokens, estimate_tokens
    from emoplug._turn import Comprehension, EmotionView, Encoding, Review, Turn
    from emoplug._types import (
        STAGES,
        STRATEGIES,
        Affect,
        Cause,
        Degraded,
        Finding,
        Guidance,
        Message,
        Passage,
        Reading,
        Risk,
        StrategyScore,
    )
    from emoplug._wrap import wrap_call
    from emoplug.hookspecs import hookimpl

__version__ = "0.1.0"

_HOMES = {
    "_catalogue": ("available", "missing_extra"),
    "_dialogue": ("Dialogue",),
    "_emoplug": ("Emoplug",),
    "_errors": (
        "DeadlineError",
        "DeviceError",
        "EmoplugError",
        "InputError",
        "MessageError",
        "PluginError",
        "PluginFailedError",
        "PluginLoadError",
        "SettingsError",
        "StoreBusyError",
        "StoreError",
        "UnknownPluginError",
        "WeightsError",
        "did_you_mean",
    ),
    "_exchange": ("Exchange",),
    "_fingerprint": ("fingerprint", "fingerprints"),
    "_offline": ("no_telemetry",),
    "_prefixes": ("PrefixCache",),
    "_quote": ("quote",),
    "_settings": ("Settings",),
    "_tokens": ("count_tokens", "estimate_tokens"),
    "_turn": ("Comprehension", "EmotionView", "Encoding", "Review", "Turn"),
    "_types": (
        "STAGES",
        "STRATEGIES",
        "Affect",
        "Cause",
        "Degraded",
        "Finding",
        "Guidance",
        "Message",
        "Passage",
        "Reading",
        "Risk",
        "StrategyScore",
    ),
    "_wrap": ("wrap_call",),
    "hookspecs": ("hookimpl",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "STAGES",
    "STRATEGIES",
    "Affect",
    "Cause",
    "Comprehension",
    "DeadlineError",
    "Degraded",
    "DeviceError",
    "Dialogue",
    "Emoplug",
    "EmoplugError",
    "EmotionView",
    "Encoding",
    "Exchange",
    "Finding",
    "Guidance",
    "InputError",
    "Message",
    "MessageError",
    "Passage",
    "PluginError",
    "PluginFailedError",
    "PluginLoadError",
    "PrefixCache",
    "Reading",
    "Review",
    "Risk",
    "Settings",
    "SettingsError",
    "StoreBusyError",
    "StoreError",
    "StrategyScore",
    "Turn",
    "UnknownPluginError",
    "WeightsError",
    "available",
    "count_tokens",
    "did_you_mean",
    "estimate_tokens",
    "fingerprint",
    "fingerprints",
    "hookimpl",
    "missing_extra",
    "no_telemetry",
    "quote",
    "wrap_call",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'emoplug' has no attribute {name!r}")
    value = getattr(import_module(f"emoplug.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
