"""Tells when somebody is in distress, and a stimulus would be out of place."""

from __future__ import annotations

from emoplug import Reading, Turn

_UNPLEASANT = -0.2
"""Valence below which a message is no small talk and no mere task."""
_RECENT = 3
"""Messages of the person that count: distress does not end with one calm sentence."""


def in_distress(turn: Turn) -> bool:
    """Tell whether anybody seems in danger, or one of the person's last messages feels bad.

    Where no plugin reads feelings or risks, nothing tells.
    """
    if turn.risks:
        return True
    last = turn.last_user
    said = [index for index in turn.encoded if turn.messages[index].role == "user"]
    recent = {index for index in said if last is not None and index <= last}
    recent = set(sorted(recent)[-_RECENT:])
    return any(_feels_bad(reading) for reading in turn.readings if reading.index in recent)


def _feels_bad(reading: Reading) -> bool:
    if reading.groups.get("sentiment") == "negative":
        return True
    return reading.affect is not None and reading.affect.valence < _UNPLEASANT
