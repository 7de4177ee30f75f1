from __future__ import annotations

import threading
from typing import Any

import faiss
import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.indexing import IndexingResult, InMemoryRecordManager, index
from langchain_core.vectorstores import InMemoryVectorStore

from emoplug import DeviceError, Emoplug
from emoplug.index import IndexOptions
from emoplug_langchain import EmoplugEmbeddings, FaissStore
from tests.adapters.langchain_embeddings import Compass

HAS_CUDA = hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0


def compass(*degrees: int, **options: Any) -> FaissStore:
    texts = [str(one) for one in degrees]
    return FaissStore.from_texts(texts, Compass(), ids=texts, **options)


def found(documents: list[Document]) -> list[str]:
    return [document.page_content for document in documents]


def test_scores_are_cosines_whatever_the_length_of_vectors() -> None:
    scored = compass(0, 60, 180).similarity_search_with_score("0", k=3)
    assert found([document for document, _ in scored]) == ["0", "60", "180"]
    assert [score for _, score in scored] == pytest.approx([1, 0.5, -1], abs=1e-6)


def test_finds_by_meaning_with_our_embeddings() -> None:
    store = FaissStore.from_texts(
        ["My cat has died.", "The train is late again.", "I passed the exam!"],
        EmoplugEmbeddings(Emoplug(plugins=["onnx"])),
    )
    assert found(store.similarity_search("I lost my kitten", k=1)) == ["My cat has died."]


def test_ranks_as_langchains_own_store_does() -> None:
    rng = np.random.default_rng(5)
    degrees = [str(one) for one in rng.integers(0, 360, 200).tolist()]
    ours = FaissStore.from_texts(degrees, Compass(), ids=[str(n) for n in range(200)])
    theirs = InMemoryVectorStore.from_texts(degrees, Compass(), ids=[str(n) for n in range(200)])
    for query in ("13", "271"):
        mine = [score for _, score in ours.similarity_search_with_score(query, k=50)]
        other = [score for _, score in theirs.similarity_search_with_score(query, k=50)]
        assert mine == pytest.approx(other, abs=1e-5)


def test_varied_results_are_those_of_langchains_own_store() -> None:
    degrees = ["0", "1", "2", "30", "31", "75", "180"]
    ours = FaissStore.from_texts(degrees, Compass())
    theirs = InMemoryVectorStore.from_texts(degrees, Compass())
    for weight in (0.0, 0.3, 0.5, 0.9, 1.0):
        for fetch in (3, 7):
            asked: dict[str, Any] = {"k": 3, "fetch_k": fetch, "lambda_mult": weight}
            mine = ours.max_marginal_relevance_search("0", **asked)
            assert found(mine) == found(theirs.max_marginal_relevance_search("0", **asked))


def test_as_many_varied_results_as_asked_for_even_of_fewer_fetched() -> None:
    store = compass(0, 10, 20, 30)
    assert len(store.max_marginal_relevance_search("0", k=4, fetch_k=1)) == 4
    assert len(store.max_marginal_relevance_search("0", k=9)) == 4


def test_varied_results_keep_to_the_filter() -> None:
    store = compass(0, 10, 20, 200)
    chosen = store.max_marginal_relevance_search("0", k=2, filter=lambda d: int(d.id or 0) >= 20)
    assert found(chosen) == ["20", "200"]


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_refuses_a_weight_that_is_none(weight: float) -> None:
    with pytest.raises(ValueError, match="give a number from 0 to 1"):
        compass(0, 1).max_marginal_relevance_search("0", lambda_mult=weight)


async def test_async_answers_are_the_same() -> None:
    store, query = compass(0, 10, 20, 90, 180), Compass().embed_query("12")
    only: dict[str, Any] = {"filter": lambda document: document.id != "20"}
    assert store.similarity_search("12", k=3, **only) == await store.asimilarity_search(
        "12", k=3, **only
    )
    assert store.similarity_search_by_vector(
        query, k=2
    ) == await store.asimilarity_search_by_vector(query, k=2)
    assert store.similarity_search_with_relevance_scores(
        "12", k=2
    ) == await store.asimilarity_search_with_relevance_scores("12", k=2)
    assert store.max_marginal_relevance_search(
        "12", k=2, **only
    ) == await store.amax_marginal_relevance_search("12", k=2, **only)


async def test_async_work_runs_off_the_event_loop() -> None:
    loop, seen = threading.current_thread(), []

    class Watching(Compass):
        def embed_query(self, text: str) -> list[float]:
            seen.append(threading.current_thread())
            return super().embed_query(text)

    def watching(_document: Document) -> bool:
        seen.append(threading.current_thread())
        return True

    store = await FaissStore.afrom_texts(["0", "1"], Watching())
    await store.aadd_documents([Document("2", id="two")])
    await store.asimilarity_search("0", filter=watching)
    await store.amax_marginal_relevance_search("0", filter=watching)
    await store.as_retriever(search_kwargs={"filter": watching}).ainvoke("0")
    await store.adelete(["two"])
    assert len(seen) > 10
    assert loop not in seen


async def test_async_uses_the_embeddings_own_async_methods() -> None:
    class Only(Compass):
        def embed_query(self, text: str) -> list[float]:
            raise AssertionError("the synchronous method was called")

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise AssertionError("the synchronous method was called")

        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            return Compass().embed_documents(texts)

        async def aembed_query(self, text: str) -> list[float]:
            return Compass().embed_query(text)

    store = await FaissStore.afrom_documents([Document("0"), Document("90")], Only())
    assert found(await store.asimilarity_search("80", k=1)) == ["90"]


def test_a_retriever_keeps_what_is_like_enough() -> None:
    retriever = compass(0, 30, 80, 100, 180).as_retriever(
        search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.1, "k": 5}
    )
    assert found(retriever.invoke("0")) == ["0", "30", "80"]


def test_relevance_is_never_below_zero_or_above_one() -> None:
    scored = compass(0, 180).similarity_search_with_relevance_scores("0", k=2)
    assert [score for _, score in scored] == pytest.approx([1, 0], abs=1e-6)
    assert all(0 <= score <= 1 for _, score in scored)


@pytest.mark.parametrize("k", [0, -1])
def test_refuses_to_look_for_nothing(k: int) -> None:
    with pytest.raises(ValueError, match="give 1 or more"):
        compass(0).similarity_search("0", k=k)
    with pytest.raises(ValueError, match="give 1 or more"):
        compass(0).max_marginal_relevance_search("0", k=k)


def test_a_misspelt_option_is_not_taken_for_no_filter() -> None:
    with pytest.raises(TypeError, match="filer"):
        compass(0).similarity_search("0", filer={"person": "ann"})
    with pytest.raises(TypeError, match="filer"):
        compass(0).max_marginal_relevance_search("0", filer={"person": "ann"})


def test_a_vector_without_length_is_like_nothing() -> None:
    store = compass(0, 90)
    scored = store.similarity_search_with_score_by_vector([0.0, 0.0], k=2)
    assert [score for _, score in scored] == [0, 0]


@pytest.mark.skipif(HAS_CUDA, reason="needs a machine without CUDA")
def test_says_that_the_card_asked_for_is_not_there() -> None:
    store = FaissStore(Compass(), IndexOptions(device="cuda"))
    with pytest.raises(DeviceError, match='device="cpu"'):
        store.add_texts(["0"])
    with pytest.warns(RuntimeWarning, match="without CUDA"):
        store = compass(0, options=IndexOptions(device="cuda", fallback="warn"))
    assert found(store.similarity_search("0")) == ["0"]


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="needs a CUDA device and faiss-gpu")
def test_the_card_finds_what_the_processor_finds() -> None:
    degrees, query = range(0, 360, 2), Compass().embed_query("7.3")
    card = compass(*degrees, options=IndexOptions(device="cuda"))
    asked: tuple[dict[str, Any], ...] = (
        {},
        {"filter": lambda document: int(document.id or 0) % 3 == 0},
    )
    for options in asked:
        there = card.similarity_search_with_score_by_vector(query, k=9, **options)
        here = compass(*degrees).similarity_search_with_score_by_vector(query, k=9, **options)
        assert [one.id for one, _ in there] == [one.id for one, _ in here]
        assert [one for _, one in there] == pytest.approx([one for _, one in here], abs=1e-3)


def test_its_name_tells_how_many_documents_and_none_of_them() -> None:
    assert repr(compass(12, 34)) == "FaissStore(2 documents, Compass)"


def test_langchains_indexing_keeps_it_in_step_with_a_source() -> None:
    store, seen = FaissStore(Compass()), InMemoryRecordManager(namespace="test")
    seen.create_schema()

    def take(*degrees: str) -> IndexingResult:
        documents = [Document(one, metadata={"source": "compass"}) for one in degrees]
        return index(
            documents, seen, store, cleanup="full", source_id_key="source", key_encoder="sha256"
        )

    assert take("0", "90")["num_added"] == 2
    changed = take("90", "180")
    assert (changed["num_added"], changed["num_skipped"], changed["num_deleted"]) == (1, 1, 1)
    assert sorted(found(store.similarity_search("0", k=9))) == ["180", "90"]
