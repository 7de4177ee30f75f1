"""Fuzzes what reads what strangers write, led by coverage (atheris, where it is installed).

    python -m tests.chaos.fuzz prepare -max_total_time=60

A finding is an exception that is not ours; libFuzzer then writes the input to a file, which as an
argument is run again. ``tests/chaos/test_parsers.py`` and ``test_prepare.py`` try the same without.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import atheris

with atheris.instrument_imports(include=["emoplug", "emoplug_safety", "emoplug_server"]):
    from emoplug import Emoplug, EmoplugError, Message, quote
    from emoplug_safety._rules import shipped
    from emoplug_server._body import Body

RULES = shipped()
EMO = Emoplug(plugins=["safety", "strategy", "hef"], on_error="raise", deadline=60)
KEYS = ["role", "content", "name", "tool_calls", "type", "text", "image_url", "x"]
WORDS = ["user", "assistant", "system", "tool", "text", "input_text", "I want to die"]
Target = Callable[[bytes], None]


def messages(data: bytes) -> None:
    """Anything in place of messages is prepared, or refused by an error of ours."""
    provider = atheris.FuzzedDataProvider(data)
    given = [_value(provider, 3) for _ in range(provider.ConsumeIntInRange(0, 3))]
    with suppress(EmoplugError):
        EMO.prepare(given)


def _value(provider: Any, depth: int) -> Any:
    """Make any JSON, most often in the shape of a message."""
    kind = provider.ConsumeIntInRange(0, 7 if depth else 3)
    if kind < 2:
        return provider.ConsumeUnicode(40)
    if kind < 4:
        return provider.PickValueInList([None, True, 0, -1.5, float("nan"), "", [], {}])
    if kind == 4:
        return [_value(provider, depth - 1) for _ in range(provider.ConsumeIntInRange(0, 3))]
    return {
        provider.PickValueInList(KEYS): (
            provider.PickValueInList(WORDS)
            if provider.ConsumeBool()
            else _value(provider, depth - 1)
        )
        for _ in range(provider.ConsumeIntInRange(1, 4))
    }


def prepare(data: bytes) -> None:
    """Any words are understood."""
    text = atheris.FuzzedDataProvider(data).ConsumeUnicode(400)
    turn = EMO.prepare([{"role": "user", "content": text}])
    assert turn.messages == (Message(role="user", content=text),)


def rules(data: bytes) -> None:
    """Whatever the rules find lies in the text."""
    provider = atheris.FuzzedDataProvider(data)
    text, before = provider.ConsumeUnicode(300), provider.ConsumeUnicode(100)
    for match in RULES.find(text, before).matches:
        assert 0 <= match.span[0] < match.span[1] <= len(text)


def body(data: bytes) -> None:
    """Guidance goes into a body whose other values stay as they are."""
    read = Body.read(data, "messages")
    if read is None or not read.spans:
        return
    new = {"role": "user", "content": "told"}
    before, after = json.loads(read.text), json.loads(read.told(0, new))
    given = after.pop("messages")
    assert given == "told" if isinstance(read.given, str) else given[0] == new
    before.pop("messages")
    assert repr(before) == repr(after)  # a NaN is not equal to itself


def quotation(data: bytes) -> None:
    """A quotation is one line that nothing in it ends, and is quoted again as it is."""
    quoted = quote(atheris.FuzzedDataProvider(data).ConsumeUnicode(400))
    assert len(quoted.splitlines()) == 1
    words = json.loads(quoted)
    assert isinstance(words, str)
    assert json.loads(quote(words)) == words


TARGETS: dict[str, Target] = {
    one.__name__: one for one in (messages, prepare, rules, body, quotation)
}


def main() -> None:
    """Fuzz the target that is named first."""
    name = sys.argv.pop(1)
    arguments: Any = sys.argv
    atheris.Setup(arguments, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
