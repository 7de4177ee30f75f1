"""One conversation on the terminal: takes lines, shows replies and what emoplug saw in them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from emoplug import Emoplug, EmoplugError, Exchange, Review, did_you_mean
from emoplug_cli._endpoint import Endpoint
from emoplug_cli._listener import listen
from emoplug_cli._plain import one_line, plain
from emoplug_cli._seen import request_tail, seen_lines

_COMMAND = re.compile(r"/([a-z]+)\s*")


@dataclass(frozen=True)
class Speaker:
    """Who answers.

    Attributes:
        name: Shown before each reply.
        answer: Yields the words of the reply to an exchange; raises EmoplugError on failure.
        sends: Whether the request goes to a model at all.
    """

    name: str
    answer: Callable[[Exchange], Iterator[str]]
    sends: bool

    @classmethod
    def of_endpoint(cls, endpoint: Endpoint) -> Speaker:
        """Let a model answer."""
        name = one_line(endpoint.name, 60)
        return cls(name, lambda exchange: endpoint.stream(exchange.messages), sends=True)

    @classmethod
    def listener(cls) -> Speaker:
        """Let the offline listener answer."""
        return cls("listener", lambda exchange: (t for t in [listen(exchange.turn)]), sends=False)


class Talk:
    """A conversation in progress.

    Attributes:
        history: What was said and answered; no word of emoplug's is in it.
        unsent: Messages of the person that got no answer, oldest first; ``/retry`` sends them.
    """

    def __init__(
        self,
        emo: Emoplug,
        speaker: Speaker,
        screen: Console,
        errors: Console,
        *,
        system: str | None = None,
        typed: bool = False,
    ) -> None:
        self._emo, self._speaker, self._screen, self._errors = emo, speaker, screen, errors
        self._typed = typed
        self._system: list[dict[str, str]] = (
            [{"role": "system", "content": system}] if system else []
        )
        self._number = 0
        self._last: Exchange | None = None
        self.history: list[dict[str, str]] = list(self._system)
        self.unsent: list[str] = []

    def run(self, lines: Iterable[str]) -> None:
        """Take lines until they end or ``/quit``."""
        for line in lines:
            text = plain(line).rstrip()
            if not text.strip():
                continue
            command = _COMMAND.fullmatch(text)
            if command is None:
                self.say(text)
            elif command[1] == "quit":
                return
            else:
                self._obey(command[1])

    def say(self, text: str) -> bool:
        """Send ``text`` and show the answer; answers whether there was one."""
        asked = {"role": "user", "content": text}
        try:
            started = time.perf_counter()
            session = f"chat-{self._number}"
            exchange = Exchange.open(self._emo, [*self.history, asked], session=session)
            opened = time.perf_counter() - started
            self._last = exchange
            reply = self._stream(exchange)
        except EmoplugError as error:
            self._complain(str(error))
            reply = ""
        if not reply.strip():
            self.unsent.append(text)
            return False
        self.history += [asked, {"role": "assistant", "content": reply}]
        self._show_seen(exchange, reply, opened)
        return True

    def _stream(self, exchange: Exchange) -> str:
        """Show the reply as it comes; a person's Ctrl-C stops it, and what came is the reply."""
        parts: list[str] = []
        answer: Any = self._speaker.answer(exchange)
        self._screen.print(Text(f"{self._speaker.name}> ", style="bold green"), end="")
        try:
            with closing(answer):
                for part in answer:
                    parts.append(part)
                    self._screen.out(plain(part), end="", highlight=False)
        except KeyboardInterrupt:
            if not self._typed:
                raise
            self._complain("stopped; Ctrl-C once more ends the chat", before="\n")
        finally:
            self._screen.out("")
        return "".join(parts)

    def _show_seen(self, exchange: Exchange, reply: str, opened: float) -> None:
        started = time.perf_counter()
        review: Review | None = None
        try:
            review = exchange.close(reply)
        except EmoplugError as error:  # on_error="raise": the reply is there all the same
            self._complain(str(error))
        spent = opened + time.perf_counter() - started
        told = "told the model" if self._speaker.sends else "a model would be told"
        for line in seen_lines(exchange, review, spent * 1000, told=told):
            self._screen.print(Padding(line, (0, 0, 0, 2)))

    def _obey(self, name: str) -> None:
        known: dict[str, Callable[[], None]] = {
            "help": self.help,
            "reset": self._reset,
            "retry": self._retry,
            "why": self._why,
        }
        if name in known:
            known[name]()
            return
        near = did_you_mean(f"/{name}", [f"/{command}" for command in (*known, "quit")])
        self._complain(f"unknown command /{name}{near}; /help lists them, a leading space sends it")

    def help(self) -> None:
        """Name the commands."""
        self._note("/why    the end of the last request, exactly as sent")
        self._note("/retry  send again what got no answer")
        self._note("/reset  forget this conversation and begin another")
        self._note("/quit   leave (Ctrl-D and Ctrl-C too; during a reply, Ctrl-C stops the reply)")

    def _reset(self) -> None:
        self.history, self.unsent, self._last = list(self._system), [], None
        self._number += 1
        self._note("a new conversation")

    def _retry(self) -> None:
        if not self.unsent:
            self._note("nothing to retry: every message was answered")
        waiting, self.unsent = self.unsent, []
        while waiting:
            text = waiting.pop(0)
            self._note(f"again: {one_line(text, 60)}")
            if not self.say(text):
                self.unsent += waiting
                return

    def _why(self) -> None:
        if self._last is None:
            self._note("no request yet: write something first")
            return
        earlier, tail = request_tail(self._last)
        sent = "the last request ended" if self._speaker.sends else "a model would have been sent"
        self._note(f"{sent}, after {earlier} earlier message(s) left as they were:")
        self._screen.out(tail, highlight=False)

    def _note(self, text: str) -> None:
        self._screen.print(Text(text, style="cyan"))

    def _complain(self, text: str, before: str = "") -> None:
        self._errors.print(Text(f"{before}{one_line(text, 600)}", style="red"), soft_wrap=True)
