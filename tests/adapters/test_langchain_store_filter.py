from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from langchain_core.documents import Document

from emoplug.index import IndexOptions
from emoplug_langchain import FaissStore
from tests.adapters.langchain_embeddings import Compass

PEOPLE: list[dict[str, Any]] = [
    {"name": "ann", "age": 30, "tags": ["a", "b"]},
    {"name": "ben", "age": 41.5},
    {"name": "cem", "age": None},
    {"name": "dan"},
]


def names(chosen: Any) -> str:
    texts = [str(10 * n) for n in range(len(PEOPLE))]
    store = FaissStore.from_texts(texts, Compass(), PEOPLE)
    hits = store.similarity_search("0", k=9, filter=chosen)
    return "".join(document.metadata["name"][0] for document in hits)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, "abcd"),
        ({"name": "ben"}, "b"),
        ({"name": {"$eq": "ben"}}, "b"),
        ({"name": "ben", "age": 30}, ""),
        ({"tags": ["a", "b"]}, "a"),
        ({"tags": ("a", "b")}, "a"),
        ({"age": None}, "c"),
        ({"age": {"$ne": 30}}, "bcd"),
        ({"age": {"$gt": 30}}, "b"),
        ({"age": {"$gte": 30, "$lt": 41.5}}, "a"),
        ({"age": {"$lte": 41.5}}, "ab"),
        ({"age": {"$gt": "thirty"}}, ""),
        ({"name": {"$in": ["ann", "dan"]}}, "ad"),
        ({"name": {"$in": {"ann", "dan"}}}, "ad"),
        ({"name": {"$in": []}}, ""),
        ({"age": {"$nin": [30, None]}}, "bd"),
        ({"age": {"$exists": True}}, "abc"),
        ({"age": {"$exists": False}}, "d"),
        ({"$or": [{"name": "ann"}, {"age": None}]}, "ac"),
        ({"$and": [{"age": {"$gt": 1}}, {"name": {"$ne": "ann"}}]}, "b"),
        ({"$not": {"age": {"$exists": True}}}, "d"),
        ({"$or": [{"$not": {"name": "ann"}}], "age": {"$exists": True}}, "bc"),
        (lambda document: document.page_content == "20", "c"),
    ],
)
def test_lets_pass_what_was_asked_for(chosen: Any, expected: str) -> None:
    assert names(chosen) == expected


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({"age": {"$gtr": 3}}, r"no operator '\$gtr' \(did you mean '\$gt'\?\)"),
        ({"age": {"$gt": 3, "lt": 4}}, "no operator 'lt'"),
        ({"$nor": [{}]}, r"no operator '\$nor'.*known: \$and, \$or, \$not"),
        ({"age": {"$in": "ann"}}, r"\$in of 'age' takes a list"),
        ({"$or": {"name": "ann"}}, r"\$or takes filters"),
        ({"$not": "ann"}, r"\$not takes filters"),
        ("name", "a mapping or a function, not a str"),
    ],
)
def test_says_what_is_wrong_with_a_filter(chosen: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        names(chosen)
    with pytest.raises(ValueError, match=complaint):
        FaissStore(Compass()).similarity_search("0", filter=chosen)


@given(
    degrees=some.lists(some.integers(0, 359), min_size=1, max_size=60, unique=True),
    query=some.integers(0, 359),
    divisor=some.integers(1, 9),
    k=some.integers(1, 12),
)
def test_finds_the_best_of_what_passes_and_never_fewer_than_there_are(
    degrees: list[int], query: int, divisor: int, k: int
) -> None:
    store = FaissStore.from_texts([str(one) for one in degrees], Compass())

    def passes(document: Document) -> bool:
        return int(document.page_content) % divisor == 0

    everything = store.similarity_search_with_score(str(query), k=len(degrees))
    best = [score for document, score in everything if passes(document)][:k]
    filtered = store.similarity_search_with_score(str(query), k=k, filter=passes)
    assert all(passes(document) for document, _ in filtered)
    assert [score for _, score in filtered] == pytest.approx(best, abs=1e-6)


def test_is_exact_where_the_index_is_not() -> None:
    options = IndexOptions(kind="ivf", probes=1)
    texts = [str(n / 10) for n in range(3600)]
    metadatas: list[dict[str, Any]] = [{"even": n % 20 == 0} for n in range(3600)]
    store = FaissStore.from_texts(texts, Compass(), metadatas, options=options)
    shelf = store._kept._shelf
    assert shelf is not None
    shelf.index.wait(60)
    assert shelf.index.kind == "ivf"
    hits = store.similarity_search("100.1", k=50, filter={"even": True})
    assert {float(one.page_content) for one in hits} == {float(n) for n in range(52, 150, 2)} | {
        150.0
    }


def test_an_error_of_a_function_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        names(lambda _document: bool(1 // 0))
