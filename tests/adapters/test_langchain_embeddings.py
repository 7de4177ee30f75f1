from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from emoplug import Emoplug, Encoding, PluginError, hookimpl
from emoplug.testing import StubEncoder
from emoplug_langchain import EmoplugEmbeddings


@pytest.fixture(scope="session")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx"])


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return EmoplugEmbeddings


class TestIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return EmoplugEmbeddings


class TestIntegrationWithAnEmoplug(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return EmoplugEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"emo": Emoplug(plugins=[StubEncoder(size=12)])}


def test_vectors_are_of_unit_length_and_those_of_the_encoder(emo: Emoplug) -> None:
    texts = ["My cat died.", "The train is late.", "My cat died."]
    vectors = np.array(EmoplugEmbeddings(emo).embed_documents(texts))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors == pytest.approx(emo.encode(texts).embeddings)
    assert (vectors[0] == vectors[2]).all()


def test_what_is_alike_is_near(emo: Emoplug) -> None:
    ours = EmoplugEmbeddings(emo)
    query = np.array(ours.embed_query("I lost my kitten"))
    near, far = np.array(ours.embed_documents(["My cat has died.", "Interest rates rose."]))
    assert query @ near > query @ far


def test_no_texts_have_no_vectors(emo: Emoplug) -> None:
    assert EmoplugEmbeddings(emo).embed_documents([]) == []


@pytest.mark.parametrize("text", ["", " \n", "😭👩‍👩‍👧", "half a pair \ud83d", "word " * 3000])
def test_awkward_texts_have_vectors(emo: Emoplug, text: str) -> None:
    assert np.isfinite(EmoplugEmbeddings(emo).embed_query(text)).all()


def test_says_that_nothing_encodes() -> None:
    with pytest.raises(PluginError, match="add one, such as 'onnx'"):
        EmoplugEmbeddings(Emoplug(plugins=[])).embed_query("hello")


async def test_async_work_runs_off_the_event_loop() -> None:
    seen: list[threading.Thread] = []

    class Watching(StubEncoder):
        @hookimpl
        def encode(self, texts: Sequence[str]) -> Encoding:
            seen.append(threading.current_thread())
            return super().encode(texts)

    ours = EmoplugEmbeddings(Emoplug(plugins=[Watching()]))
    assert await ours.aembed_documents(["a", "b"]) == ours.embed_documents(["a", "b"])
    assert await ours.aembed_query("a") == ours.embed_query("a")
    assert [one is threading.current_thread() for one in seen] == [False, True, False, True]
