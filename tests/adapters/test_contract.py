"""What every adapter owes the core: the same conversation, the same guidance, the same review."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import tests.adapters.contract_langchain
import tests.adapters.contract_litellm
import tests.adapters.contract_server  # noqa: F401  # they add their ways
from emoplug import Review
from tests.adapters.contract_ways import MODEL, SESSION, WAYS, Messages, Noting
from tests.llm_server import SAID, LlmServer

CONVERSATION: Messages = (
    {"role": "system", "content": "You are a kind listener.  Keep it short."},
    {"role": "user", "content": "I failed the driving test — again 😞."},
    {"role": "assistant", "content": 'Oh no. What did the examiner say? "Next time"?'},
    {"role": "user", "content": "That I'm careless. My father laughed at me,\nI feel so small."},
)


def made_equal(review: Review) -> str:
    """Answer a review as text, without times, and without the session.

    Where tenants share a server the session carries whose it is; it must end as it was given.
    """
    session = review.turn.session
    assert session is not None
    assert session.split(":")[-1] == SESSION
    return review.model_dump_json(exclude={"turn": {"timings", "session"}})


@pytest.fixture(scope="module")
def plain() -> tuple[str, str]:
    """Answer the last message with guidance and the review, as the bare core gives them."""
    emo = Noting()
    turn = emo.prepare(CONVERSATION, session=SESSION, model=MODEL)
    assert turn.guidance_text
    assert not turn.degraded
    emo.review(turn, SAID)
    return turn.request_messages[-1].text, made_equal(emo.reviews[0])


# LiteLLM's own types make pydantic warn when they are first used.
@pytest.mark.filterwarnings("ignore:Items? .* on TypedDict class:UserWarning")
@pytest.mark.parametrize("name", WAYS)
def test_guidance_and_review_are_the_same_in_every_way(
    name: str, plain: tuple[str, str], llm_server: LlmServer
) -> None:
    emo = Noting()
    given = copy.deepcopy(CONVERSATION)
    WAYS[name](emo, llm_server, given)
    sent = _sent(llm_server)
    guided, review = plain
    assert [dict(m) for m in sent[:-1]] == [dict(m) for m in CONVERSATION[:-1]]
    assert sent[-1] == {"role": "user", "content": guided}
    assert [made_equal(made) for made in emo.reviews] == [review]
    assert given == CONVERSATION


def _sent(server: LlmServer) -> list[dict[str, Any]]:
    assert len(server.requests) == 1
    request = server.requests[0]
    sent: list[dict[str, Any]] = request["input"] if "input" in request else request["messages"]
    return sent
