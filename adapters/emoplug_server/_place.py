"""What all endpoints of one server share."""

from __future__ import annotations

from dataclasses import dataclass

from emoplug_server._keys import Keys
from emoplug_server._limits import Room
from emoplug_server._metrics import Metrics
from emoplug_server._settings import ServerSettings
from emoplug_server._upstream import Upstream
from emoplug_server._work import Work


@dataclass(frozen=True)
class Place:
    """One server's settings, doors and tools."""

    settings: ServerSettings
    keys: Keys
    room: Room
    metrics: Metrics
    upstream: Upstream
    work: Work
