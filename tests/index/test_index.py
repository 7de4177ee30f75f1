from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from emoplug.index import Hits, IndexOptions, VectorIndex
from emoplug.index._need import need
from tests.index.made import SIZE, made

ALL = made(range(4000))


@pytest.fixture(params=["flat", "flat half", "ivf", "ivf half"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    """4,000 rows in 4 sessions, a second apart, searched in each way there is."""
    kind, half = request.param.split()[0], "half" in request.param
    until = 10_000 if kind == "flat" else 300
    index = VectorIndex(SIZE, IndexOptions(flat_until=until, half=half, probes=64))
    ids = range(4000)
    sessions = [f"s{number % 4}" for number in ids]
    index.add(list(ids), ALL, session=sessions, time=[float(number) for number in ids])
    index.wait(60)
    assert index.kind == kind
    return index


def test_each_row_is_nearest_to_itself(index: VectorIndex) -> None:
    ids, scores = index.search(made(range(100)), 3)
    assert ids[:, 0].tolist() == list(range(100))
    assert scores[:, 0] == pytest.approx(np.ones(100), abs=1e-2)
    assert (np.diff(scores) <= 0).all()


def test_one_query_may_come_as_a_vector(index: VectorIndex) -> None:
    assert index.search(made([7])[0], 1).ids.tolist() == [[7]]


@pytest.mark.parametrize(
    "filters",
    [
        {"session": "s1"},
        {"since": 3990.0},
        {"until": 10.0},
        {"since": 100.0, "until": 3500.0},
        {"session": "s2", "since": 1000.0, "until": 1020.0},
        {"session": "s2", "since": 5000.0},
        {"session": "nobody"},
    ],
    ids=str,
)
def test_a_filter_leaves_the_best_of_what_fits(index: VectorIndex, filters: dict[str, Any]) -> None:
    fits = [
        number
        for number in range(4000)
        if filters.get("session", f"s{number % 4}") == f"s{number % 4}"
        and filters.get("since", -1) <= number < filters.get("until", 9999)
    ]
    queries = made(range(5000, 5020))
    ids, scores = index.search(queries, 10, **filters)
    most = min(10, len(fits))
    assert (ids[:, most:] == -1).all()
    assert np.isneginf(scores[:, most:]).all()
    assert set(ids[:, :most].ravel().tolist()) <= set(fits)
    best = np.sort(queries @ ALL[fits].T)[:, ::-1][:, :most]
    near = np.isclose(scores[:, :most], best, atol=2e-3)
    assert near.sum() >= near.size * (1.0 if len(fits) <= 2048 else 0.9)


def test_as_many_come_back_as_there_are(index: VectorIndex) -> None:
    ids, scores = index.search(made([1, 2]), 4500)
    assert ids.shape == scores.shape == (2, 4500)
    assert sorted(ids[0, :4000].tolist()) == list(range(4000))
    assert (ids[:, 4000:] == -1).all()
    many, _ = index.search(made([1]), 2900, since=1000.0)
    assert sorted(many[0].tolist()) == sorted(set(many[0].tolist()) - {-1})


def test_a_row_of_the_same_id_takes_the_place_of_the_old(index: VectorIndex) -> None:
    index.add([3], made([9003]), session="other", time=0.5)
    assert len(index) == 4000
    assert index.vectors([3]) == pytest.approx(made([9003]), abs=1e-3)
    assert index.search(made([9003]), 1).ids.tolist() == [[3]]
    assert index.search(made([3]), 1).ids.tolist() != [[3]]
    assert index.search(made([3]), 1, session="other", until=1.0).ids.tolist() == [[3]]
    assert 3 not in index.search(made([3]), 1000, session="s3").ids
    index.add([3], made([3]))
    assert "other" not in index.sessions
    assert 3 not in index.search(made([3]), 4000, since=-np.inf).ids


def test_what_is_removed_is_found_no_more(index: VectorIndex) -> None:
    assert index.remove([5, 6, 5, 123_456]) == 2
    assert len(index) == 3998
    assert 5 not in index
    assert np.int64(7) in index
    assert "7" not in index
    assert not {5, 6} & set(index.search(made([5, 6]), 50).ids.ravel().tolist())
    with pytest.raises(KeyError, match="5"):
        index.vectors([5])


def test_a_session_is_removed_as_one(index: VectorIndex) -> None:
    assert "s1" in index.sessions
    assert index.remove_session("s1") == 1000
    assert index.remove_session("s1") == 0
    assert index.sessions == ("s0", "s2", "s3")
    assert len(index) == 3000
    assert set(index.search(made(range(4)), 500).ids.ravel() % 4) == {0, 2, 3}


def test_everything_can_be_removed_and_added_again(index: VectorIndex) -> None:
    assert index.remove(range(4000)) == 4000
    assert index.search(made([1]), 2).ids.tolist() == [[-1, -1]]
    index.add(range(50), made(range(50)))
    assert index.search(made([1]), 1).ids.tolist() == [[1]]


def test_an_empty_index_finds_nothing() -> None:
    index = VectorIndex(SIZE)
    index.add([], np.empty((0, SIZE), np.float32))
    hits = index.search(made([1, 2]), 3)
    assert isinstance(hits, Hits)
    assert hits.ids.tolist() == [[-1] * 3] * 2
    assert hits.ids.dtype == np.int64
    assert hits.scores.dtype == np.float32
    assert index.search(np.empty((0, SIZE), np.float32), 3).ids.shape == (0, 3)
    assert index.vectors([]).shape == (0, SIZE)


def test_half_takes_half_the_room_and_rounds() -> None:
    index = VectorIndex(SIZE, IndexOptions(half=True))
    index.add([1], made([1]))
    assert index.vectors([1]).tolist() == made([1]).astype(np.float16).astype(float).tolist()


@pytest.mark.parametrize(
    ("ids", "vectors", "more", "problem"),
    [
        ([1, 2, 1], made([1, 2, 3]), {}, "id 1 is given twice"),
        ([-1], made([1]), {}, "not -1"),
        ([2**63], made([1]), {}, "2\\*\\*63 - 1"),
        ([1.0], made([1]), {}, "whole numbers"),
        ([[1]], made([1]), {}, "one dimension"),
        ([1], made([1, 2]), {}, r"\(1, 16\), not \(2, 16\)"),
        ([1], made([1])[:, :5], {}, r"\(1, 16\), not \(1, 5\)"),
        ([1], np.ones((1, SIZE), np.int64), {}, "not int64; use float32"),
        ([1, 2], made([1, 2]) * [[1], [np.nan]], {}, "row 1 has NaN"),
        ([1], np.full((1, SIZE), 1e300), {}, "infinity"),
        ([1], made([1]), {"session": ["a", "b"]}, "one name or 1"),
        ([1], made([1]), {"session": [5]}, "each a str"),
        ([1], made([1]), {"time": [1.0, 2.0]}, "one number or 1"),
        ([1], made([1]), {"time": float("nan")}, "finite"),
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(
    ids: Any, vectors: Any, more: dict[str, Any], problem: str
) -> None:
    index = VectorIndex(SIZE)
    with pytest.raises(ValueError, match=problem):
        index.add(ids, vectors, **more)
    assert len(index) == 0


@pytest.mark.parametrize(
    ("queries", "k", "more", "problem"),
    [
        (made([1]), 0, {}, "k must be a whole number from 1, not 0"),
        (made([1]), True, {}, "not True"),
        (made([1]), 1.5, {}, "not 1.5"),
        (made([1])[:, :4], 1, {}, r"not \(1, 4\)"),
        (made([1])[None], 1, {}, "must have shape"),
        (made([1]) * np.inf, 1, {}, "finite"),
        (["hello"], 1, {}, "floating point"),
        (made([1]), 1, {"since": float("nan")}, "since must be a number"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    queries: Any, k: Any, more: dict[str, Any], problem: str
) -> None:
    index = VectorIndex(SIZE)
    with pytest.raises(ValueError, match=problem):
        index.search(queries, k, **more)


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
def test_a_size_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(ValueError, match="size must be"):
        VectorIndex(size)


def test_options_are_closed_and_frozen() -> None:
    with pytest.raises(ValidationError, match="nprobe"):
        IndexOptions.model_validate({"nprobe": 3})
    with pytest.raises(ValidationError, match="frozen"):
        IndexOptions().half = True  # type: ignore[misc]  # what is tested
    with pytest.raises(ValidationError, match="cagra"):
        IndexOptions(kind="cagra")


def test_a_closed_index_says_so() -> None:
    with VectorIndex(SIZE) as index:
        index.add([1], made([1]))
    index.close()
    for call in (lambda: index.add([2], made([2])), lambda: index.search(made([1]), 1)):
        with pytest.raises(ValueError, match="closed"):
            call()


def test_a_limit_of_threads_is_for_our_calls_alone() -> None:
    import faiss

    before = faiss.omp_get_max_threads()
    index = VectorIndex(SIZE, IndexOptions(threads=1))
    index.add(range(10), made(range(10)))
    assert index.search(made([1]), 1).ids.tolist() == [[1]]
    assert faiss.omp_get_max_threads() == before


def test_neither_emoplug_nor_the_module_imports_faiss() -> None:
    script = (
        "import emoplug, sys; assert not {'faiss', 'filelock', 'numpy'} & set(sys.modules);"
        "import emoplug.index; assert not {'faiss', 'filelock'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_missing_faiss_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    need.cache_clear()
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(
        ModuleNotFoundError, match=r"needs faiss; try: pip install 'emoplug\[cpu\]'"
    ):
        VectorIndex(SIZE)
