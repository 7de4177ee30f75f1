from __future__ import annotations

import io
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from emoplug import Affect, Emoplug, Exchange, Finding, Guidance, Reading, Turn, hookimpl
from emoplug_cli._endpoint import Endpoint, EndpointError
from emoplug_cli._talk import Speaker, Talk
from tests.llm_server import Drop, Failure, LlmServer, Reply

NOTE = "[note: they feel low]"


class Mood:
    """Reads every message as sad, tells the model so, and finds every reply warm."""

    name = "mood"

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading]:
        return [
            Reading(
                index=index,
                emotion="sadness",
                probability=0.82,
                labels=("sadness", "grief"),
                distribution={"sadness": 0.82, "grief": 0.31},
                affect=Affect(valence=-0.4, arousal=0.1, dominance=-0.2),
                intensity=0.7,
                source="mood",
            )
            for index in turn.encoded
        ]

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance]:
        return [Guidance(text=NOTE, kind="emotion", tokens=9, source="mood")]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding]:
        return [Finding(name="warmth", score=0.5, explanation="it is kind", source="mood")]


class Broken:
    name = "broken"

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading]:
        raise RuntimeError("no [bold]weights[/bold] here\x1b[2J")


@dataclass
class Room:
    """A talk and what it has shown."""

    talk: Talk
    shown: io.StringIO = field(default_factory=io.StringIO)
    complained: io.StringIO = field(default_factory=io.StringIO)

    def take(self, *lines: str) -> tuple[str, str]:
        """Say ``lines``; answer what was newly shown and newly complained of."""
        for stream in (self.shown, self.complained):
            stream.seek(0)
            stream.truncate()
        self.talk.run(lines)
        return self.shown.getvalue(), self.complained.getvalue()


def room(speaker: Speaker, emo: Emoplug | None = None, **options: Any) -> Room:
    """Seat someone who answers with an Emoplug of one tiny plugin."""
    shown, complained = io.StringIO(), io.StringIO()
    screen, errors = Console(file=shown, width=200), Console(file=complained, width=200)
    talk = Talk(emo or Emoplug(plugins=[Mood()]), speaker, screen, errors, **options)
    return Room(talk, shown, complained)


def with_model(server: LlmServer, **options: Any) -> Room:
    """Seat the model behind ``server``."""
    endpoint = Endpoint.connect(server.base_url, "tiny", "sk-secret")
    return room(Speaker.of_endpoint(endpoint), **options)


def says(*parts: str) -> Speaker:
    """Answer always the same."""

    def answer(_exchange: Exchange) -> Iterator[str]:
        yield from parts

    return Speaker("parrot", answer, sends=True)


def test_a_reply_is_shown_with_what_emoplug_saw_and_added(llm_server: LlmServer) -> None:
    llm_server.reply_with("I am here.")
    shown, complained = with_model(llm_server).take("my dog died")
    assert "tiny> I am here." in shown
    assert "sadness 82% · also grief 31%" in shown
    assert "valence -0.40, arousal +0.10, dominance -0.20 · intensity 0.70" in shown
    assert " ms" in shown
    assert f"told the model (mood, 9 tokens): {NOTE}" in shown
    assert "the reply: warmth 0.50, it is kind" in shown
    assert not complained


def test_guidance_is_at_the_tail_and_the_history_never_sees_it(llm_server: LlmServer) -> None:
    with_model(llm_server, system="Be brief.").take("one", "two")
    first, second = (request["messages"] for request in llm_server.requests)
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert first[-1]["content"] == f"one\n\n{NOTE}"
    assert second[0] == {"role": "system", "content": "Be brief."}
    assert second[1] == {"role": "user", "content": "one"}
    assert second[-1]["content"] == f"two\n\n{NOTE}"
    assert all(request["stream"] for request in llm_server.requests)


def test_the_key_is_sent_and_never_shown(llm_server: LlmServer) -> None:
    llm_server.script(Failure(401, message="no such key"))
    seated = with_model(llm_server)
    shown = seated.take("hello", "/why", "/retry")
    assert llm_server.headers[0]["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in "".join(shown)


@pytest.mark.parametrize(
    ("failure", "fix"),
    [
        (Failure(400), "change the message or --model"),
        (Failure(401), "--api-key"),
        (Failure(404), "check --model"),
        (Failure(429, retry_after=7), "wait 7 s"),
        (Failure(429), "quota"),
        (Failure(500), "/retry"),
    ],
    ids=["400", "401", "404", "429 with a time", "429", "500"],
)
def test_a_refusal_is_one_line_with_the_fix_and_nothing_is_lost(
    llm_server: LlmServer, failure: Failure, fix: str
) -> None:
    llm_server.script(failure)
    seated = with_model(llm_server)
    _, complained = seated.take("my dog died")
    assert complained.count("\n") == 1
    assert str(failure.status) in complained
    assert fix in complained
    assert seated.talk.unsent == ["my dog died"]
    shown, complained = seated.take("/retry")
    assert "tiny> It sounds like" in shown
    assert not complained
    assert not seated.talk.unsent
    assert [len(request["messages"]) for request in llm_server.requests] == [1, 1]


def test_a_dropped_stream_keeps_the_message_for_retry(llm_server: LlmServer) -> None:
    llm_server.script(Drop(after_chunks=2))
    seated = with_model(llm_server)
    shown, complained = seated.take("my dog died")
    assert "tiny> It sounds" in shown
    assert "broke off" in complained
    assert "/retry" in complained
    assert complained.count("\n") == 1
    assert seated.talk.unsent == ["my dog died"]
    assert not seated.talk.history
    assert "I am here." in seated.take("/retry")[0]


def test_a_refused_connection_names_the_address_and_the_reason() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    seated = room(Speaker.of_endpoint(Endpoint.connect(address, "tiny", None)))
    _, complained = seated.take("hello")
    assert f"cannot reach {address}" in complained
    assert "refused" in complained
    assert complained.count("\n") == 1
    assert seated.talk.unsent == ["hello"]


def test_several_failed_messages_are_retried_in_order_each_by_itself(
    llm_server: LlmServer,
) -> None:
    llm_server.script(Failure(500), Failure(500), Reply("ok"), Failure(500))
    seated = with_model(llm_server)
    seated.take("one", "two", "/retry")
    assert seated.talk.unsent == ["two"]
    seated.take("/retry")
    assert [message["content"] for message in seated.talk.history[::2]] == ["one", "two"]


def test_the_conversation_goes_on_after_a_failure(llm_server: LlmServer) -> None:
    llm_server.script(Failure(500))
    seated = with_model(llm_server)
    shown, _ = seated.take("one", "two")
    assert "It sounds like" in shown
    assert [message["content"] for message in seated.talk.history[::2]] == ["two"]
    assert seated.talk.unsent == ["one"]


def test_why_shows_the_exact_tail_and_reset_forgets(llm_server: LlmServer) -> None:
    seated = with_model(llm_server)
    assert "no request yet" in seated.take("/why")[0]
    shown, _ = seated.take("my dog died", "/why")
    assert f"my dog died\n\n{NOTE}\n" in shown
    assert "after 0 earlier message(s)" in shown
    shown, _ = seated.take("/reset", "/why", "again")
    assert "no request yet" in shown
    assert len(llm_server.requests[-1]["messages"]) == 1


def test_commands_are_explained_and_a_mistyped_one_is_not_sent() -> None:
    seated = room(says("yes"))
    shown, complained = seated.take("/help", "/retyr", "/retry", "   ", "/quit", "never said")
    assert all(command in shown for command in ("/why", "/retry", "/reset", "/quit"))
    assert "did you mean '/retry'?" in complained
    assert "nothing to retry" in shown
    assert "yes" not in shown


def test_a_path_or_a_line_that_begins_with_a_space_is_no_command() -> None:
    shown, complained = room(says("yes")).take("/etc/hosts is gone", " /quit", "more")
    assert shown.count("parrot> yes") == 3
    assert not complained


def test_no_markup_or_escape_of_person_model_or_plugin_reaches_the_terminal() -> None:
    nasty = ("[bold red]x[/bold red] \x1b", "[2J\x9b31m\x07\u202e[/nope] \ud800end")
    seated = room(says(*nasty), Emoplug(plugins=[Mood(), Broken()]))
    shown, complained = seated.take("[blink]hi[/] \x1b]0;title\x07 there", "/why", "/[x]\x1b")
    assert "[bold red]x[/bold red] [2J31m[/nope] end" in shown
    assert "[blink]hi[/] ]0;title there" in shown
    assert "no [bold]weights[/bold] here[2J" in shown
    assert not set("\x1b\x9b\x07\u202e\ud800") & set(shown + complained)


def test_a_plugin_that_fails_is_named_and_the_reply_comes() -> None:
    shown, _ = room(says("yes"), Emoplug(plugins=[Broken()])).take("hello")
    assert "parrot> yes" in shown
    assert "nothing read" in shown
    assert "degraded: broken skipped in read" in shown


def test_under_strict_settings_the_failing_plugin_is_one_line_and_the_message_is_kept() -> None:
    seated = room(says("yes"), Emoplug(plugins=[Broken()], on_error="raise"))
    _, complained = seated.take("hello")
    assert "plugin 'broken' failed in read" in complained
    assert complained.count("\n") == 1
    assert seated.talk.unsent == ["hello"]


def test_an_interrupted_reply_stays_as_far_as_it_came_for_a_person_at_the_terminal() -> None:
    def answer(_exchange: Exchange) -> Iterator[str]:
        yield "so far"
        raise KeyboardInterrupt

    interrupted = Speaker("model", answer, sends=True)
    seated = room(interrupted, typed=True)
    _, complained = seated.take("hello")
    assert "stopped" in complained
    assert seated.talk.history[-1] == {"role": "assistant", "content": "so far"}
    with pytest.raises(KeyboardInterrupt):
        room(interrupted).take("hello")


def test_the_only_model_of_an_endpoint_needs_no_name(llm_server: LlmServer) -> None:
    endpoint = Endpoint.connect(llm_server.base_url, None, None)
    assert list(endpoint.stream([{"role": "user", "content": "hi"}]))
    assert llm_server.requests[0]["model"] == endpoint.name
    assert llm_server.headers[0]["authorization"] == "Bearer none"


def test_a_missing_openai_package_is_named_with_the_pip_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(EndpointError, match=r"pip install 'emoplug\[openai\]'"):
        Endpoint.connect("http://127.0.0.1:1/v1", "tiny", None)


def test_an_address_that_is_none_and_a_missing_key_are_told_before_any_message() -> None:
    with pytest.raises(EndpointError, match="is no http address"):
        Endpoint.connect("localhost:8000", "tiny", None)
    with pytest.raises(EndpointError, match="OPENAI_API_KEY"):
        Endpoint.connect(None, "tiny", " ")


def test_credentials_in_an_address_are_not_shown() -> None:
    endpoint = Endpoint.connect("http://me:hunter2@127.0.0.1:1/v1", "tiny", None)
    assert endpoint.place == "http://127.0.0.1:1/v1"
