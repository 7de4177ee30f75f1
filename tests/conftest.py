"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from emoplug import no_telemetry
from tests.llm_server import LlmServer

# LiteLLM would otherwise look for prices on the network when it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
# Some tests import ONNX Runtime by themselves.
no_telemetry()
# A shell that runs us in the background lets us ignore Ctrl-C, and what we start inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def llm_server() -> Iterator[LlmServer]:
    """Run a real OpenAI-compatible server for one test.

    Its behaviours (``Reply``, ``ToolCall``, ``Failure``, ``Drop``, ``Slow``) are imported by
    ``from tests.llm_server import ...``.
    """
    with LlmServer() as server:
        yield server
