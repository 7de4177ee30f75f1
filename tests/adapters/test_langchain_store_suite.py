"""LangChain's own tests of a vector store, over real embeddings and over its deterministic ones."""

from __future__ import annotations

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import VectorStoreIntegrationTests

from emoplug.index import IndexOptions
from emoplug_langchain import EmoplugEmbeddings, FaissStore


class TestStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissStore(self.get_embeddings())


class TestStoreOfHalfNumbers(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissStore(self.get_embeddings(), IndexOptions(half=True))


class TestStoreOfOurEmbeddings(VectorStoreIntegrationTests):
    ours = EmoplugEmbeddings()

    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissStore(self.ours)


class TestStoreOfLongVectors(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissStore(DeterministicFakeEmbedding(size=1536))
