from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.load import dumps
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_tests.integration_tests import RetrieversIntegrationTests
from pydantic import ValidationError

from emoplug import Emoplug, PluginError
from emoplug_langchain import BacktracingRetriever

LECTURE = (Path(__file__).parents[2] / "examples" / "lecture.txt").read_text(encoding="utf-8")
QUERY = "Why is there a minus sign?"
CAUSE = "The minus sign is there because a cup that is hotter than the room loses heat."
NEWS = "The firm began in a garage. Its income rose to 5 million.\nRain fell all day."


@pytest.fixture(scope="session")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx", "backtrace"])


def lecture(emo: Emoplug, **options: Any) -> BacktracingRetriever:
    source = Document(LECTURE, id="cooling", metadata={"source": "lecture.txt", "tags": ["maths"]})
    return BacktracingRetriever(documents=[source], emo=emo, **options)


class TestRetriever(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return BacktracingRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"documents": [Document(LECTURE)]}

    @property
    def retriever_query_example(self) -> str:
        return QUERY


class TestRetrieverOfSeveralTexts(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return BacktracingRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"documents": [Document(LECTURE), Document(NEWS)], "cut": "lines"}

    @property
    def retriever_query_example(self) -> str:
        return "What happened to the income?"


def test_finds_the_cause_and_where_it_is(emo: Emoplug) -> None:
    (found,) = lecture(emo, k=1).invoke(QUERY)
    start, end = found.metadata.pop("span")
    assert found.page_content == CAUSE == LECTURE[start:end]
    assert found.metadata.pop("score") > 0.5
    assert found.metadata == {
        "source": "lecture.txt",
        "tags": ["maths"],
        "document": 0,
        "segment": 7,
    }


def test_answers_as_the_plugin_does(emo: Emoplug) -> None:
    lines = LECTURE.strip().split("\n")
    plugin: Any = emo.plugins["backtrace"]
    passages = plugin.tracer(lines).trace(QUERY, 5)
    found = lecture(emo, k=5, cut="lines").invoke(QUERY)
    assert [one.page_content for one in found] == [passage.text for passage in passages]
    assert [one.metadata["score"] for one in found] == [passage.score for passage in passages]


def test_what_no_text_is_about_has_only_small_scores(emo: Emoplug) -> None:
    assert sum(one.metadata["score"] for one in lecture(emo, k=99).invoke("My cat died.")) < 0.2
    assert lecture(emo, score_threshold=0.2).invoke("My cat died.") == []
    assert [one.page_content for one in lecture(emo, score_threshold=0.2).invoke(QUERY)] == [CAUSE]


def test_the_best_of_several_documents_comes_first(emo: Emoplug) -> None:
    retriever = lecture(emo, k=2)
    retriever.add_documents([Document(NEWS, id="news", metadata={"source": "paper"})])
    first, second = retriever.invoke("What happened to the income?")
    assert first.page_content == "Its income rose to 5 million."
    assert (first.metadata["source"], first.metadata["document"]) == ("paper", 1)
    assert first.metadata["score"] > second.metadata["score"]
    assert retriever.invoke(QUERY)[0].metadata["source"] == "lecture.txt"


def test_documents_that_are_segments_make_one_text_by_source(emo: Emoplug) -> None:
    lines = [line for line in LECTURE.split("\n") if line]
    parts = [Document(line, id=str(n), metadata={"source": "a"}) for n, line in enumerate(lines)]
    mixed = [Document("Rain fell.", metadata={"source": "b"}), *parts, Document(" ")]
    retriever = BacktracingRetriever(documents=mixed, cut="documents", emo=emo, k=99)
    found = [one for one in retriever.invoke(QUERY) if one.metadata["source"] == "a"]
    as_one = lecture(emo, cut="lines", k=99).invoke(QUERY)
    assert [one.page_content for one in found] == [one.page_content for one in as_one]
    assert [one.metadata["score"] for one in found] == [one.metadata["score"] for one in as_one]
    assert (found[0].id, found[0].metadata["document"], found[0].metadata["segment"]) == ("7", 8, 7)


def test_cuts_sentences_over_lines_but_not_over_paragraphs(emo: Emoplug) -> None:
    text = "One goes\non here. “Two!” (Three?) Four\n\n \nFive... six"
    retriever = BacktracingRetriever(documents=[Document(text)], emo=emo, k=9)
    found = sorted(retriever.invoke("Why?"), key=lambda one: int(one.metadata["segment"]))
    sentences = ["One goes\non here.", "“Two!”", "(Three?)", "Four", "Five...", "six"]
    assert [one.page_content for one in found] == sentences
    assert [text[slice(*one.metadata["span"])] for one in found] == sentences


def test_a_query_is_not_its_own_cause(emo: Emoplug) -> None:
    retriever = BacktracingRetriever(documents=[Document(f"{QUERY} {CAUSE}")], emo=emo)
    assert [one.page_content for one in retriever.invoke(QUERY.upper())] == [CAUSE]


@pytest.mark.parametrize("query", ["", " \n"])
def test_a_blank_query_has_no_cause(emo: Emoplug, query: str) -> None:
    assert lecture(emo).invoke(query) == []


@pytest.mark.parametrize("documents", [[], [Document("")], [Document(" \n\n ")]])
def test_nothing_is_found_in_nothing(emo: Emoplug, documents: list[Document]) -> None:
    assert BacktracingRetriever(documents=documents, emo=emo).invoke(QUERY) == []


def test_sources_are_never_changed(emo: Emoplug) -> None:
    retriever = lecture(emo)
    before = retriever.documents[0].model_copy(deep=True)
    retriever.invoke(QUERY)[0].metadata["tags"].append("changed")
    assert retriever.documents == [before]


async def test_async_answers_are_the_same_and_made_off_the_event_loop(
    emo: Emoplug, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever, seen = lecture(emo), []
    plugin: Any = emo.plugins["backtrace"]
    score = plugin._reranker.score

    def watched(*arguments: Any, **options: Any) -> Any:
        seen.append(threading.current_thread())
        return score(*arguments, **options)

    expected = retriever.invoke(QUERY, k=2)
    monkeypatch.setattr(plugin._reranker, "score", watched)
    assert await retriever.ainvoke(QUERY, k=2) == expected
    assert seen
    assert threading.current_thread() not in seen


def test_many_threads_get_the_same_while_documents_come(emo: Emoplug) -> None:
    retriever = lecture(emo, k=1)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(retriever.invoke, QUERY) for _ in range(20)]
        for n in range(20):
            retriever.add_documents([Document(f"Rain fell on day {n}.")])
        assert {one.result()[0].page_content for one in asked} == {CAUSE}
    assert len(retriever.documents) == 21


def test_works_in_a_chain(emo: Emoplug) -> None:
    chain = lecture(emo, k=1) | RunnableLambda(lambda found: found[0].page_content)
    assert chain.batch([QUERY, QUERY]) == [CAUSE, CAUSE]


def test_no_words_are_shown_or_traced_with_it(emo: Emoplug) -> None:
    retriever = lecture(emo)
    for shown in (repr(retriever), str(retriever), dumps(retriever)):
        assert "Newton" not in shown
        assert "maths" not in shown


def test_says_what_is_missing_or_wrong(emo: Emoplug) -> None:
    with pytest.raises(PluginError, match=r"plugins=\['onnx', 'backtrace'\]"):
        lecture(Emoplug(plugins=["onnx"]))
    with pytest.raises(PluginError, match="no plugin 'backtrace'"):
        BacktracingRetriever(emo=Emoplug(plugins=["onnx"]))
    for wrong in ({"k": 0}, {"score_threshold": 2}, {"cut": "words"}):
        with pytest.raises(ValidationError):
            lecture(emo, **wrong)
