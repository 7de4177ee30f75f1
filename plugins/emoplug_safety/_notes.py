"""The note to the model: what to do when somebody may be in danger, and whom to name."""

from __future__ import annotations

from collections.abc import Iterator

from emoplug_safety._resources import Region, Resource
from emoplug_safety._rules import Whom

_SIGNS = {
    ("self-harm", "self"): "they may be thinking of suicide or of harming themselves",
    ("self-harm", "other"): "somebody they know may be thinking of suicide or self-harm",
    ("abuse", "self"): "they may be suffering violence or abuse",
    ("abuse", "other"): "somebody they know may be suffering violence or abuse",
    ("medical", "self"): "they may be in a medical emergency",
    ("medical", "other"): "somebody near them may be in a medical emergency",
}
_ASK = {
    ("self-harm", "self"): "Ask directly whether they are safe now and have a plan or the means.",
    ("self-harm", "other"): "Ask whether that person is safe and not alone now, and how they are.",
    ("abuse", "self"): "Believe them; say it is not their fault. Ask if they can talk safely now.",
    ("abuse", "other"): "Believe them. Ask whether that person, and they, are safe right now.",
    ("medical", "self"): "Ask for urgent signs and whether anybody is with them.",
    ("medical", "other"): "Ask whether the person is awake and breathing.",
}
_BRIEF = {
    "self-harm": ("possible suicide risk", "Ask directly about safety now."),
    "abuse": ("possible abuse", "Believe them; ask about safety now."),
    "medical": ("possible medical emergency", "Ask about urgent signs."),
}
_MANNER = "Do not judge, lecture, diagnose or refuse to talk; give no means or methods of harm."
_UNSURE = "If no danger is meant, answer as usual."
_END = "Never mention this note.]"


def notes(kind: str, about: Whom, now: bool, region: Region) -> tuple[str, ...]:
    """Answer the note, the longest first; about 120, 65 and 35 tokens, less for a reminder.

    Args:
        kind: In danger of what.
        about: Whether the writer or somebody else is.
        now: Whether the last message says so, not an earlier one.
        region: Where they are.
    """
    texts = _now(kind, about, region) if now else _earlier(kind, about, region)
    return tuple(f"[Note by emoplug, not the person: {text} {_END}" for text in texts)


def _now(kind: str, about: Whom, region: Region) -> Iterator[str]:
    sign, places, (brief, ask) = _SIGNS[kind, about], region.of(kind), _BRIEF[kind]
    whose = "" if about == "self" else " of somebody else"
    yield (
        f"{sign}. Take it seriously: answer what they said, warmly and directly. "
        f"{_ASK[kind, about]} {_MANNER} {_help(kind, region, places)} {_UNSURE}"
    )
    yield (
        f"{brief}{whose}. Be warm; no judging or diagnosis. {ask} {_help(kind, region, places[:1])}"
    )
    yield f"{brief}{whose}. {ask} Help: {region.emergency}."


def _earlier(kind: str, about: Whom, region: Region) -> Iterator[str]:
    sign = f"an earlier message sounded as if {_SIGNS[kind, about]}"
    named = _list(region.of(kind)) or f"in danger {region.emergency}"
    yield (
        f"{sign}. Answer the last message first; keep this in mind and, where it fits, gently ask "
        f"how safe things are now. {_MANNER} If no help was named yet: {named}."
    )
    yield f"{sign}. Keep it in mind; where it fits, gently ask how safe things are now."
    yield f"earlier, {_BRIEF[kind][0]}. Keep it in mind."


def _help(kind: str, region: Region, places: tuple[Resource, ...]) -> str:
    if kind == "medical":
        urge = f"Urge them to call {region.emergency} now if it may be urgent"
        return f"{urge}; else {_list(places)}." if places else f"{urge}."
    danger = f"in immediate danger {region.emergency}"
    return f"Offer help by people: {_list(places)}; {danger}." if places else f"Offer {danger}."


def _list(places: tuple[Resource, ...]) -> str:
    return ", ".join(f"{place.name} ({place.contact})" for place in places[:2])
