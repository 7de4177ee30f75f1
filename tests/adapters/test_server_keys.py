from __future__ import annotations

from emoplug import Emoplug
from tests.adapters.knower import Knower
from tests.adapters.server_runs import (
    chat,
    client,
    keys,
    serving,
)
from tests.llm_server import LlmServer


def test_our_own_key_is_asked_for_and_stays_here(emo: Emoplug, llm_server: LlmServer) -> None:
    settings = {"api_keys": keys("one", "two"), "upstream_key": "up"}
    with serving(emo, llm_server.base_url, **settings) as at, client(at) as talk:
        for wrong in ("sk-test", "x", "one two", "onE"):
            refused = talk.post(
                "/v1/chat/completions", json=chat(), headers={"authorization": f"Bearer {wrong}"}
            )
            assert refused.status_code == 401
            assert refused.json()["error"]["code"] == "invalid_api_key"
        for path in ("/v1/models", "/v1/emotion/analyze", "/v1/anything"):
            method = "GET" if path == "/v1/models" else "POST"
            assert talk.request(method, path).status_code == 401
        assert llm_server.paths == []
        right = {"authorization": "Bearer two"}
        talk.post("/v1/chat/completions", json=chat(), headers=right).raise_for_status()
        assert talk.get("/healthz").status_code == 200
    assert llm_server.headers[0]["authorization"] == "Bearer up"


def test_sessions_of_two_keys_never_meet(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    with serving(emo, llm_server.base_url, session_limit=8) as at, client(at) as talk:
        for key, name in (("a", "ann"), ("b", "ann"), ("a", "ann"), ("a", None)):
            headers = {"authorization": f"Bearer {key}"}
            if name:
                headers["x-emoplug-session"] = name
            talk.post("/v1/chat/completions", json=chat(), headers=headers)
        too_long = talk.post(
            "/v1/chat/completions", json=chat(), headers={"x-emoplug-session": "x" * 9}
        )
    first, second, third, nobody = (turn.session for turn in knower.turns)
    assert first == third
    assert first != second
    assert nobody is None
    assert first is not None
    assert first.endswith(":ann")
    assert too_long.status_code == 400
    assert too_long.json()["error"]["code"] == "session_too_long"
