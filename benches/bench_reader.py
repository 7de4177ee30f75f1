"""What reading a whole conversation costs."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from emoplug import Comprehension, Message, Turn
from emoplug_onnx import Networks

SAID = (
    "I lost my keys again and I am so angry with myself.",
    "Oh no, where did you see them last?",
)
MESSAGES = 20


@pytest.fixture(scope="module")
def conversation() -> Turn:
    """Twenty short messages, about 300 tokens."""
    roles = ("assistant", "user")
    return Turn(
        messages=tuple(
            Message(role=roles[index % 2], content=f"{SAID[(index + 1) % 2]} {index}")
            for index in range(MESSAGES)
        )
    )


def test_read_20_messages(benchmark: BenchmarkFixture, conversation: Turn) -> None:
    networks = Networks()
    networks.warm_up()
    answer: Comprehension = benchmark.pedantic(
        networks.comprehend, (conversation,), rounds=100, warmup_rounds=5
    )
    assert len(answer.causes) == MESSAGES
