"""Fixtures for tests of adapters."""

from __future__ import annotations

import pytest

from emoplug import Emoplug
from tests.adapters.knower import Knower
from tests.adapters.openai_talks import Talks
from tests.llm_server import LlmServer


@pytest.fixture(params=["sync", "async"])
def talks(request: pytest.FixtureRequest, llm_server: LlmServer) -> Talks:
    """Run a test with the synchronous and with the asynchronous OpenAI client."""
    return Talks(llm_server, asynchronous=request.param == "async")


@pytest.fixture
def knower() -> Knower:
    """Answer a plugin that knows everything beforehand and keeps what it was shown."""
    return Knower()


@pytest.fixture
def emo(knower: Knower) -> Emoplug:
    """Answer an ``Emoplug`` with that plugin alone; a module may have its own."""
    return Emoplug(plugins=[knower], deadline=30)
