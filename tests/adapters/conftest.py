"""Fixtures for tests of adapters."""

from __future__ import annotations

import pytest

from tests.adapters.openai_talks import Talks
from tests.llm_server import LlmServer


@pytest.fixture(params=["sync", "async"])
def talks(request: pytest.FixtureRequest, llm_server: LlmServer) -> Talks:
    """Run a test with the synchronous and with the asynchronous OpenAI client."""
    return Talks(llm_server, asynchronous=request.param == "async")
