from __future__ import annotations

import datetime
from typing import Any

import faiss
import numpy as np
import pytest
from langchain_core.documents import Document

from emoplug_langchain import FaissStore
from tests.adapters.langchain_embeddings import Compass

HAS_CUDA = hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0


def compass(*degrees: int, **options: Any) -> FaissStore:
    texts = [str(one) for one in degrees]
    return FaissStore.from_texts(texts, Compass(), ids=texts, **options)


def found(documents: list[Document]) -> list[str]:
    return [document.page_content for document in documents]


def test_the_last_of_equal_ids_in_one_call_counts() -> None:
    store = FaissStore(Compass())
    assert store.add_texts(["0", "90", "180"], ids=["a", "b", "a"]) == ["a", "b", "a"]
    assert found(store.similarity_search("0", k=5)) == ["90", "180"]
    assert found(store.get_by_ids(["a"])) == ["180"]


def test_a_text_added_again_takes_the_place_of_the_old_with_its_metadata() -> None:
    store = compass(0)
    store.add_texts(["180"], [{"new": True}], ids=["0"])
    (document, score) = store.similarity_search_with_score("180", k=5)[0]
    assert document == Document("180", id="0", metadata={"new": True})
    assert score == pytest.approx(1)
    assert len(store.similarity_search("0", k=5)) == 1


def test_documents_come_by_id_in_the_order_asked_for() -> None:
    store = compass(0, 10, 20)
    assert found(store.get_by_ids(["20", "missing", "0"])) == ["20", "0"]
    assert FaissStore(Compass()).get_by_ids(["0"]) == []


def test_deletes_some_and_all() -> None:
    store = compass(0, 10, 20)
    assert store.delete(["10", "missing"]) is True
    assert store.delete([]) is True
    assert found(store.similarity_search("12", k=5)) == ["20", "0"]
    assert store.delete() is True
    assert store.similarity_search("10") == []
    assert store.add_texts(["10"], ids=["10"]) == ["10"]
    assert found(store.similarity_search("10")) == ["10"]


def test_nothing_to_add_asks_nobody() -> None:
    class Silent(Compass):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise AssertionError("there was nothing to embed")

    store = FaissStore(Silent())
    assert store.add_texts([]) == []
    assert store.add_documents([]) == []
    assert FaissStore.from_texts([], Silent()).similarity_search("0") == []


def test_what_comes_out_can_be_changed_without_changing_the_store() -> None:
    given = {"tags": ["a"], "span": (1, 2)}
    store = FaissStore.from_texts(["0"], Compass(), [given], ids=["x"])
    given["tags"] = []
    store.get_by_ids(["x"])[0].metadata["tags"].append("b")
    store.similarity_search("0", filter=lambda d: bool(d.metadata.pop("tags")))
    assert store.get_by_ids(["x"])[0].metadata == {"tags": ["a"], "span": [1, 2]}
    assert given["span"] == (1, 2)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"when": datetime.date(2024, 1, 1)}, "key 'when' holds a date"),
        ({"a": {"b": [1, {2}]}}, "key 'a', 'b' holds a set"),
        ({"n": np.int64(3)}, "key 'n' holds a int64"),
        ({3: "three"}, "key 3 is no text"),
        ({"a": {None: 1}}, "key 'a', None is no text"),
        ({"score": float("nan")}, "key 'score' is nan"),
    ],
)
def test_metadata_that_json_does_not_know_is_refused_by_its_key(
    metadata: dict[Any, Any], complaint: str
) -> None:
    store = compass(0)
    with pytest.raises(ValueError, match=complaint):
        store.add_texts(["10", "20"], [{}, metadata])
    assert found(store.similarity_search("0", k=9)) == ["0"]


def test_refuses_lists_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="2 texts and 1 metadatas"):
        FaissStore(Compass()).add_texts(["0", "1"], [{}])
    with pytest.raises(ValueError, match="2 texts and 3 ids"):
        FaissStore(Compass()).add_texts(["0", "1"], ids=["a", "b", "c"])


class Failing(Compass):
    """Answers, once told to, something else than vectors that fit."""

    def __init__(self) -> None:
        self.answer: list[list[float]] | Exception | None = None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or super().embed_documents(texts)


@pytest.mark.parametrize(
    ("answer", "error", "complaint"),
    [
        (ConnectionError("the service is down"), ConnectionError, "down"),
        ([[1.0, 0.0]], ValueError, "1 vectors for 2 texts"),
        ([[1.0], [2.0]], ValueError, "Failing answers vectors of shape .1,., this store keeps 2"),
        ([[1.0, 0.0], [1.0, float("inf")]], ValueError, "text 1 that is not finite"),
    ],
)
def test_a_failed_embedding_leaves_everything_as_it_was(
    answer: list[list[float]] | Exception, error: type[Exception], complaint: str
) -> None:
    embedding = Failing()
    store = FaissStore.from_texts(["0", "90"], embedding, ids=["0", "90"])
    embedding.answer = answer
    with pytest.raises(error, match=complaint):
        store.add_texts(["10", "180"], ids=["0", "new"])
    assert found(store.similarity_search("0", k=9)) == ["0", "90"]
    assert found(store.get_by_ids(["0", "new"])) == ["0"]


def test_a_failed_index_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    store = compass(0, 90)
    shelf = store._kept._shelf
    assert shelf is not None
    add = shelf.index.add

    def half_done(rows: list[int], vectors: Any) -> None:
        add(rows[:1], vectors[:1])
        raise MemoryError

    monkeypatch.setattr(shelf.index, "add", half_done)
    with pytest.raises(MemoryError):
        store.add_texts(["10", "180"], ids=["0", "new"])
    assert found(store.similarity_search("10", k=9)) == ["0", "90"]
    assert len(shelf.index) == 2
