"""The index beside a dict that does the same by comparing everything."""

from __future__ import annotations

import shutil
import tempfile
from itertools import count
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emoplug.index import IndexOptions, VectorIndex
from tests.index.made import SIZE, Floats, made

IDS = st.integers(0, 60)
SESSIONS = st.sampled_from(["anna", "ben", None])
TIMES = st.sampled_from([None, 1.0, 2.0, 3.0])


class Row(NamedTuple):
    vector: Floats
    session: str | None
    time: float | None


class Beside(RuleBasedStateMachine):
    """Every list is looked into, so that inverted lists answer exactly too."""

    @initialize(flat_until=st.sampled_from([20, 10_000]))
    def begin(self, flat_until: int) -> None:
        self.folder = tempfile.mkdtemp()
        self.options = IndexOptions(flat_until=flat_until, probes=1000)
        self.index = VectorIndex(SIZE, self.options)
        self.rows: dict[int, Row] = {}
        self.fresh = count(1000)

    @rule(ids=st.sets(IDS, max_size=30), session=SESSIONS, time=TIMES)
    def add(self, ids: set[int], session: str | None, time: float | None) -> None:
        chosen = sorted(ids)
        vectors = made([next(self.fresh) for _ in chosen])
        self.index.add(chosen, vectors, session=session, time=time)
        self.rows |= {i: Row(v, session, time) for i, v in zip(chosen, vectors, strict=True)}

    @rule(ids=st.lists(IDS, max_size=10))
    def remove(self, ids: list[int]) -> None:
        gone = [self.rows.pop(i, None) for i in ids]
        assert self.index.remove(ids) == sum(row is not None for row in gone)

    @rule(session=st.sampled_from(["anna", "ben"]))
    def remove_session(self, session: str) -> None:
        gone = [i for i, row in self.rows.items() if row.session == session]
        assert self.index.remove_session(session) == len(gone)
        for i in gone:
            del self.rows[i]

    @rule(k=st.integers(1, 70), session=SESSIONS, since=TIMES, until=TIMES)
    def search(self, k: int, session: str | None, since: float | None, until: float | None) -> None:
        def fits(row: Row) -> bool:
            if session is not None and row.session != session:
                return False
            if since is None and until is None:
                return True
            return row.time is not None and (since or 0) <= row.time < (until or 9)

        query = made([next(self.fresh)])
        wanted = {i: float(query[0] @ row.vector) for i, row in self.rows.items() if fits(row)}
        best = sorted(wanted, key=lambda i: -wanted[i])[:k]
        hits = self.index.search(query, k, session=session, since=since, until=until)
        assert hits.ids[0].tolist() == best + [-1] * (k - len(best))
        np.testing.assert_allclose(
            hits.scores[0, : len(best)], [wanted[i] for i in best], atol=1e-5
        )

    @rule()
    def wait(self) -> None:
        self.index.wait(60)

    @rule()
    def save_and_open(self) -> None:
        self.index.save(self.folder)
        self.index.close()
        self.index = VectorIndex.open(self.folder, self.options, write=True)

    @invariant()
    def holds_the_same(self) -> None:
        if not hasattr(self, "index"):
            return
        assert len(self.index) == len(self.rows)
        assert self.index.sessions == tuple(
            sorted({row.session for row in self.rows.values() if row.session is not None})
        )
        ids = sorted(self.rows)
        vectors = np.array([self.rows[i].vector for i in ids], np.float32).reshape(-1, SIZE)
        assert (self.index.vectors(ids) == vectors).all()

    def teardown(self) -> None:
        if hasattr(self, "index"):
            self.index.close()
            shutil.rmtree(self.folder)


TestBeside = Beside.TestCase
TestBeside.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
