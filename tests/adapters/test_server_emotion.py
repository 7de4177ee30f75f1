from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from emoplug import Emoplug
from tests.adapters.server_runs import client, serving

NOWHERE = "http://127.0.0.1:9/v1"
CHAT = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "My best friend moved away and I miss her so much."},
]
OTHER = [{"role": "user", "content": "I got the job! I am so happy!"}]


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    return Emoplug(deadline=30)


@pytest.fixture(scope="module")
def talk(emo: Emoplug) -> Iterator[httpx.Client]:
    with serving(emo, NOWHERE) as at, client(at) as made:
        yield made


def test_analysis_says_what_the_turn_says(talk: httpx.Client, emo: Emoplug) -> None:
    found = talk.post("/v1/emotion/analyze", json={"messages": CHAT}).json()["analyses"]
    turn = emo.prepare(CHAT)
    assert turn.reading is not None
    assert len(found) == 1
    analysis = found[0]
    assert [message["role"] for message in analysis["messages"]] == ["system", "user"]
    assert analysis["messages"][0]["emotion"] is None
    assert analysis["messages"][1]["emotion"] == turn.reading.emotion == "sadness"
    assert analysis["messages"][1]["probability"] == turn.reading.probability
    assert analysis["causes"] == [cause.model_dump(mode="json") for cause in turn.causes]
    assert analysis["strategies"][0]["strategy"] == turn.strategies[0].strategy
    assert analysis["guidance"] == turn.guidance_text != ""
    assert analysis["degraded"] == []
    assert set(analysis["seconds"]) >= {"encode", "comprehend", "read"}


def test_many_conversations_get_the_answers_of_each(talk: httpx.Client) -> None:
    many = talk.post("/v1/emotion/analyze", json={"conversations": [CHAT, OTHER]}).json()
    alone = [
        talk.post("/v1/emotion/analyze", json={"messages": messages}).json()["analyses"][0]
        for messages in (CHAT, OTHER)
    ]
    emotions = [[m["emotion"] for m in each["messages"]] for each in many["analyses"]]
    assert emotions == [[m["emotion"] for m in each["messages"]] for each in alone]
    assert emotions[1] == ["joy"]


def test_review_says_what_a_reply_does(talk: httpx.Client) -> None:
    asked = {"messages": CHAT, "reply": "Why don't you call her tonight?"}
    answer = talk.post("/v1/emotion/review", json=asked).json()
    assert answer["findings"][0]["name"] == "strategy"
    assert answer["analysis"]["messages"][1]["emotion"] == "sadness"
    assert answer["degraded"] == []


def test_text_that_has_no_bytes_is_answered(talk: httpx.Client) -> None:
    raw = b'{"messages": [{"role": "user", "content": "so sad \\ud83d"}]}'
    headers = {"content-type": "application/json"}
    answer = talk.post("/v1/emotion/analyze", content=raw, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["analyses"][0]["messages"][0]["emotion"]


@pytest.mark.parametrize(
    ("raw", "status", "told"),
    [
        (b"{", 400, "no JSON"),
        (b"\xff", 400, "no JSON"),
        (b'{"messages": NaN}', 400, "no JSON"),
        (b"[" * 100_000, 400, "no JSON"),
        (b"1" * 10_000, 400, "no JSON"),
        (b"[]", 422, "body"),
        (b"{}", 422, "either messages or conversations"),
        (json.dumps({"messages": OTHER, "conversations": [OTHER]}).encode(), 422, "either"),
        (b'{"messages": [{"content": "a"}]}', 422, "messages.0.role"),
        (b'{"messages": [{"role": "user", "content": 3}]}', 422, "messages.0.content"),
        (b'{"conversations": [[]]}', 422, "conversations.0"),
        (json.dumps({"messages": OTHER, "message": 1}).encode(), 422, "message: Extra"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_read_is_refused_with_the_fix(
    talk: httpx.Client, raw: bytes, status: int, told: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = talk.post("/v1/emotion/analyze", content=raw, headers=headers)
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]


def test_other_types_methods_and_paths_are_refused_here(talk: httpx.Client) -> None:
    typed = talk.post("/v1/emotion/analyze", content=b"{}", headers={"content-type": "text/plain"})
    assert (typed.status_code, typed.json()["error"]["code"]) == (415, "unsupported_media_type")
    got = talk.get("/v1/emotion/analyze")
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    assert talk.post("/healthz").status_code == 405
    assert talk.get("/nowhere").json()["error"]["code"] == "not_found"


def test_metrics_count_by_route_and_hold_no_words(talk: httpx.Client) -> None:
    def count() -> float:
        lines = talk.get("/metrics").text.splitlines()
        name = 'emoplug_requests_total{route="/v1/emotion/review",status="200"} '
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = count()
    asked = {"messages": CHAT, "reply": "I hear you."}
    talk.post("/v1/emotion/review", json=asked)
    assert count() == before + 1
    assert "friend" not in talk.get("/metrics").text
