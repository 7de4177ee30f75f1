from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from emoplug_langchain import FaissStore
from tests.adapters.langchain_embeddings import Compass

ROUNDS = 150


def together(*jobs: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def pair(n: int) -> dict[str, Any]:
    """Two documents of one round, which must never be seen apart."""
    degrees = [str(n % 80), str(180 + n % 80)]
    return {"texts": degrees, "metadatas": [{"round": n}] * 2, "ids": ["near", "far"]}


def test_a_search_sees_documents_and_vectors_of_one_moment() -> None:
    store = FaissStore(Compass())
    store.add_texts(**pair(0))
    done = threading.Event()

    def change() -> None:
        for n in range(1, ROUNDS):
            store.add_texts(**pair(n))
        done.set()

    def search(filtered: bool) -> None:
        chosen = {"filter": {"round": {"$gte": 0}}} if filtered else {}
        while not done.is_set():
            found = store.similarity_search_with_score("0", k=5, **chosen)
            rounds = {document.metadata["round"] for document, _ in found}
            assert [document.id for document, _ in found] == ["near", "far"]
            assert len(rounds) == 1
            for document, score in found:
                near = FaissStore.from_documents([document], Compass())
                assert abs(near.similarity_search_with_score("0")[0][1] - score) < 1e-5

    together(change, lambda: search(False), lambda: search(True), lambda: search(True))


def test_many_may_add_and_delete_at_once() -> None:
    store = FaissStore(Compass())

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            store.add_texts([str(n), str(n + 1)], ids=[f"{worker}/{n}", "shared"])
            if n % 2:
                store.delete([f"{worker}/{n - 1}"])

    together(*(partial(work, worker) for worker in range(4)))
    expected = {f"{worker}/{n}" for worker in range(4) for n in range(1, ROUNDS, 2)} | {"shared"}
    found = store.similarity_search("0", k=10_000)
    assert {document.id for document in found} == expected
    assert len(found) == len(expected)


def test_a_filter_may_ask_the_store_itself() -> None:
    store = FaissStore.from_texts(["0", "90"], Compass(), ids=["0", "90"])

    def is_known(document: Document) -> bool:
        return bool(store.get_by_ids([document.id or ""]))

    assert len(store.similarity_search("0", k=2, filter=is_known)) == 2


def test_saves_while_others_change(tmp_path: Path) -> None:
    store = FaissStore(Compass())
    store.add_texts(**pair(0))

    def change() -> None:
        for n in range(1, ROUNDS):
            store.add_texts(**pair(n))

    def save() -> None:
        for _ in range(5):
            store.save_local(tmp_path)
            found = FaissStore.open(tmp_path, Compass()).similarity_search("0", k=5)
            assert [document.id for document in found] == ["near", "far"]
            assert len({document.metadata["round"] for document in found}) == 1

    together(change, save)
