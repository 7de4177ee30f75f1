"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.llm_server import LlmServer


@pytest.fixture
def llm_server() -> Iterator[LlmServer]:
    """Run a real OpenAI-compatible server for one test.

    Its behaviours (``Reply``, ``ToolCall``, ``Failure``, ``Drop``, ``Slow``) are imported by
    ``from tests.llm_server import ...``.
    """
    with LlmServer() as server:
        yield server
