"""Which slot holds which id, and what is known of it: its session and its time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Times = NDArray[np.float64]

NOBODY = -1
"""In place of an id, where a slot is free."""


class Columns(NamedTuple):
    """What is known of rows, by slot.

    Attributes:
        names: The sessions.
        ids: (slots,) ids, ``NOBODY`` where free.
        times: (slots,) seconds since the epoch, NaN where unknown.
        sessions: (slots,) positions in ``names``, -1 for none.
    """

    names: tuple[str, ...]
    ids: Ids
    times: Times
    sessions: NDArray[np.int32]


class Rows:
    """Columns by slot. Slots are small numbers that are used again once they are free.

    Attributes:
        ids: (slots,) int64, ``NOBODY`` where free; may be longer than what is in use.
        times: (slots,) float64 seconds since the epoch, NaN where unknown.
    """

    def __init__(self) -> None:
        self.ids: Ids = np.empty(0, np.int64)
        self.times: Times = np.empty(0, np.float64)
        self._session_of: list[str | None] = []
        self._slot_of: dict[int, int] = {}
        self._slots_in: dict[str, set[int]] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._slot_of)

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._slot_of

    @property
    def sessions(self) -> tuple[str, ...]:
        """Names of the sessions that have rows, in alphabetical order."""
        return tuple(sorted(self._slots_in))

    def put(self, ids: Ids, sessions: Sequence[str | None], times: Times) -> Ids:
        """Answer the slot of each id, new or kept, and set its columns."""
        self._make_room(len(ids))
        slots = np.fromiter((self._slot(row_id) for row_id in ids.tolist()), np.int64, len(ids))
        self.ids[slots] = ids
        self.times[slots] = times
        for slot, session in zip(slots.tolist(), sessions, strict=True):
            if self._session_of[slot] != session:
                self._leave(slot)
                if session is not None:
                    self._slots_in.setdefault(session, set()).add(slot)
                self._session_of[slot] = session
        return slots

    def remove(self, ids: Iterable[int]) -> Ids:
        """Free the slots of those ``ids`` that are here, and answer them."""
        freed = [slot for slot in (self._slot_of.pop(i, None) for i in ids) if slot is not None]
        slots = np.array(freed, np.int64)
        self.ids[slots] = NOBODY
        self.times[slots] = np.nan
        for slot in freed:
            self._leave(slot)
        self._free.extend(freed)
        return slots

    def slots(self, ids: Iterable[int]) -> Ids:
        """Answer the slot of each id.

        Raises:
            KeyError: for an id that is not here.
        """
        return np.array([self._slot_of[row_id] for row_id in ids], np.int64)

    def of_session(self, session: str) -> Ids:
        """Answer the slots of one session, in time linear in their number; sorted."""
        return np.sort(np.array(list(self._slots_in.get(session, ())), np.int64))

    def live(self) -> Ids:
        """Answer every slot in use; sorted."""
        return np.flatnonzero(self.ids != NOBODY)

    def chosen(self, session: str | None, since: float | None, until: float | None) -> Ids | None:
        """Answer the slots of ``session`` with ``since <= time < until``; ``None`` for all."""
        if session is None and since is None and until is None:
            return None
        timed = since is not None or until is not None
        start = -np.inf if since is None else since
        stop = np.inf if until is None else until
        if session is None:
            return np.flatnonzero((self.times >= start) & (self.times < stop))
        slots = self.of_session(session)
        if not timed:
            return slots
        times = self.times[slots]
        return slots[(times >= start) & (times < stop)]

    def columns(self) -> Columns:
        """Answer everything as arrays."""
        names = self.sessions
        live = self.live()
        used = int(live[-1]) + 1 if len(live) else 0
        codes = np.full(used, -1, np.int32)
        for code, name in enumerate(names):
            codes[self.of_session(name)] = code
        return Columns(names, self.ids[:used], self.times[:used], codes)

    @classmethod
    def restored(cls, columns: Columns) -> Rows:
        """Answer the rows whose ``columns`` these are."""
        rows = cls()
        rows.ids, rows.times = columns.ids, columns.times
        names = (*columns.names, None)  # so that -1 is none
        for slot, (row_id, code) in enumerate(
            zip(columns.ids.tolist(), columns.sessions.tolist(), strict=True)
        ):
            session = names[code]
            rows._session_of.append(session)
            if row_id == NOBODY:
                rows._free.append(slot)
                continue
            rows._slot_of[row_id] = slot
            if session is not None:
                rows._slots_in.setdefault(session, set()).add(slot)
        return rows

    def _slot(self, row_id: int) -> int:
        slot = self._slot_of.get(row_id)
        if slot is None:
            slot = self._slot_of[row_id] = self._free.pop()
        return slot

    def _make_room(self, count: int) -> None:
        """Have at least ``count`` free slots, the lowest first, doubling what there is."""
        size = len(self.ids)
        if len(self._free) >= count:
            return
        added = max(count - len(self._free), size)
        self.ids = np.concatenate([self.ids, np.full(added, NOBODY, np.int64)])
        self.times = np.concatenate([self.times, np.full(added, np.nan)])
        self._session_of.extend([None] * added)
        self._free = [*range(size + added - 1, size - 1, -1), *self._free]

    def _leave(self, slot: int) -> None:
        session = self._session_of[slot]
        if session is not None:
            members = self._slots_in[session]
            members.discard(slot)
            if not members:
                del self._slots_in[session]
        self._session_of[slot] = None
