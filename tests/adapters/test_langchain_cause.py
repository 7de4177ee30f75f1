from __future__ import annotations

import threading
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.documents.compressor import BaseDocumentCompressor
from langchain_core.load import dumps
from pydantic import ValidationError

from emoplug import Emoplug, PluginError
from emoplug_langchain import CauseCompressor, EmoplugEmbeddings, FaissStore

FELT = "I am furious with my sister!"
DOCUMENTS = [
    Document("We had pasta for dinner.", id="dinner"),
    Document(
        "It was a long day. My sister forgot my birthday again. The train was late.",
        id="diary",
        metadata={"day": 3, "tags": ["family"]},
    ),
    Document("The museum opens at ten.", id="museum"),
]


@pytest.fixture(scope="session")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx", "backtrace"])


def compressor(emo: Emoplug, **options: Any) -> CauseCompressor:
    return CauseCompressor(emo=emo, **options)


def test_keeps_the_passage_that_caused_the_feeling(emo: Emoplug) -> None:
    first, *others = compressor(emo).compress_documents(DOCUMENTS, FELT)
    assert first.page_content == "My sister forgot my birthday again."
    assert first.id is None
    score = first.metadata.pop("score")
    assert first.metadata == {
        "day": 3,
        "tags": ["family"],
        "document": 1,
        "span": [19, 54],
        "segment": 1,
    }
    assert [score, *(one.metadata["score"] for one in others)] == sorted(
        [score, *(one.metadata["score"] for one in others)], reverse=True
    )
    assert len(others) == 2


def test_whole_documents_keep_their_words_and_ids(emo: Emoplug) -> None:
    first, second = compressor(emo, cut="documents", top_n=2).compress_documents(DOCUMENTS, FELT)
    assert (first.id, first.page_content) == ("diary", DOCUMENTS[1].page_content)
    assert second.id in {"dinner", "museum"}
    assert first.metadata["score"] > 5 * second.metadata["score"]


def test_what_is_less_probable_than_asked_for_is_left_out(emo: Emoplug) -> None:
    everything = compressor(emo, top_n=None).compress_documents(DOCUMENTS, FELT)
    assert len(everything) == 5
    least = everything[1].metadata["score"]
    kept = compressor(emo, top_n=None, score_threshold=least).compress_documents(DOCUMENTS, FELT)
    assert kept == everything[:2]


def test_only_says_the_querys_own_words_is_no_cause(emo: Emoplug) -> None:
    asked = [Document(FELT.lower()), *DOCUMENTS]
    kept = compressor(emo, top_n=None).compress_documents(asked, FELT)
    assert FELT.lower() not in {one.page_content for one in kept}
    assert {one.metadata["document"] for one in kept} == {1, 2, 3}


@pytest.mark.parametrize(
    ("documents", "query"),
    [([], FELT), ([Document(""), Document("\n")], FELT), (DOCUMENTS, ""), (DOCUMENTS, " ")],
)
def test_nothing_is_kept_of_nothing(emo: Emoplug, documents: list[Document], query: str) -> None:
    assert compressor(emo).compress_documents(documents, query) == []


def test_retrieved_documents_are_never_changed(emo: Emoplug) -> None:
    before = [one.model_copy(deep=True) for one in DOCUMENTS]
    compressor(emo).compress_documents(DOCUMENTS, FELT)[0].metadata["tags"].append("changed")
    assert before == DOCUMENTS


def test_the_same_document_scores_the_same_beside_others(emo: Emoplug) -> None:
    alone = compressor(emo, top_n=1).compress_documents(DOCUMENTS[1:2], FELT)
    among = compressor(emo, top_n=1).compress_documents(DOCUMENTS, FELT)
    assert alone[0].page_content == among[0].page_content
    assert alone[0].metadata["score"] == pytest.approx(among[0].metadata["score"], rel=0.05)


async def test_async_answers_are_the_same_and_made_off_the_event_loop(
    emo: Emoplug, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, seen = compressor(emo), []
    plugin: Any = emo.plugins["backtrace"]
    tracer = plugin.tracer

    def watched(segments: Any) -> Any:
        seen.append(threading.current_thread())
        return tracer(segments)

    expected = ours.compress_documents(DOCUMENTS, FELT)
    monkeypatch.setattr(plugin, "tracer", watched)
    assert list(await ours.acompress_documents(DOCUMENTS, FELT)) == expected
    assert len(seen) == len(DOCUMENTS)
    assert threading.current_thread() not in seen


def test_follows_a_retriever(emo: Emoplug) -> None:
    store = FaissStore.from_documents(DOCUMENTS, EmoplugEmbeddings(emo))
    base: BaseDocumentCompressor = compressor(emo, top_n=1)
    found = store.as_retriever(search_kwargs={"k": 3}).invoke(FELT)
    (kept,) = base.compress_documents(found, FELT)
    assert kept.page_content == "My sister forgot my birthday again."
    assert found[kept.metadata["document"]].id == "diary"


def test_no_words_are_shown_or_traced_with_it(emo: Emoplug) -> None:
    assert repr(compressor(emo, top_n=2)) == (
        "CauseCompressor(top_n=2, score_threshold=0.0, cut='sentences')"
    )
    assert "Emoplug" not in dumps(compressor(emo))


def test_says_what_is_missing_or_wrong(emo: Emoplug) -> None:
    with pytest.raises(PluginError, match=r"plugins=\['onnx', 'backtrace'\]"):
        compressor(Emoplug(plugins=["onnx"]))
    for wrong in ({"top_n": 0}, {"score_threshold": -1}, {"cut": "words"}):
        with pytest.raises(ValidationError):
            compressor(emo, **wrong)
