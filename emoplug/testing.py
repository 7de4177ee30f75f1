"""Checks that plugin authors need: does my plugin keep the contract?

from emoplug.testing import check_plugin
import my_plugin

def test_contract():
    check_plugin(my_plugin)
"""

from __future__ import annotations

import hashlib
import inspect
import typing
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from emoplug import hookspecs
from emoplug._catalogue import HOOKS, load, register
from emoplug._emoplug import Emoplug
from emoplug._errors import EmoplugError, did_you_mean
from emoplug._turn import Encoding, Turn
from emoplug.hookspecs import hookimpl

DEADLINE = 60.0
THREADS = 4

AWKWARD: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "no messages": [],
    "empty text": [{"role": "user", "content": ""}],
    "white space": [{"role": "user", "content": " \n\t"}],
    "emoji only": [{"role": "user", "content": "😭👩‍👩‍👧"}],
    "not English": [
        {"role": "user", "content": "我很难过"},
        {"role": "user", "content": "أنا حزين"},
    ],
    "half a surrogate pair": [{"role": "user", "content": "so sad \ud83d"}],
    "control characters": [{"role": "user", "content": "\x00\x1b[31m\u202e \u2028"}],
    "a long text": [{"role": "user", "content": "I am so tired of this. " * 400}],
    "content parts": [
        {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url"}]}
    ],
    "tools": [
        {"role": "user", "content": "Is it raining?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "{}", "tool_call_id": "1"},
    ],
    "nobody speaks": [{"role": "system", "content": "Be kind."}],
    "a conversation": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "My cat died yesterday."},
        {"role": "assistant", "content": "I am so sorry. How are you?"},
        {"role": "user", "content": "Angry, mostly. The vet never called back."},
    ],
}
"""Conversations that break careless plugins, by name."""


class ContractError(AssertionError):
    """A plugin does not keep the contract; the message names hook, problem and fix."""


class StubEncoder:
    """An ``encode`` plugin without weights: numbers drawn from each text's hash.

    It lets a plugin that reads encodings be tested in milliseconds. Equal texts give equal rows;
    nothing in the numbers means anything.

    Args:
        labels: Names of the emotion columns.
        size: Columns of the embedding.
    """

    name = "stub"

    def __init__(
        self, labels: Sequence[str] = ("joy", "sadness", "neutral"), size: int = 8
    ) -> None:
        self.labels, self.size = tuple(labels), size

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer rows drawn from a generator seeded by each text."""
        rows = [self._row(text) for text in texts]
        table = np.array(rows, dtype=np.float32).reshape(
            len(rows), self.size + len(self.labels) + 3
        )
        vectors, emotions, affect = np.split(
            table, [self.size, self.size + len(self.labels)], axis=1
        )
        return Encoding(
            embeddings=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
            labels=self.labels,
            emotions=emotions,
            thresholds=np.full(len(self.labels), 0.5, dtype=np.float32),
            affect=affect * 2 - 1,
            source=self.name,
        )

    def _row(self, text: str) -> Any:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        generator = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        return generator.random(self.size + len(self.labels) + 3)


def check_plugin(plugin: object, options: Mapping[str, Any] | None = None) -> None:
    """Check that ``plugin`` keeps the contract, on awkward conversations and from several threads.

    Args:
        plugin: An installed plugin's name, a plugin class, an object or a module.
        options: Its options, when given by name or as a class.

    Raises:
        ContractError: it does not; the message names the hook, the problem and the fix.
    """
    live = _live(plugin, options or {})
    hooks = _hooks(live)
    for hook, method in hooks.items():
        _check_signature(hook, method)
    companions: list[object] = [] if "encode" in hooks else [StubEncoder()]
    try:
        register({"checked": live})
        emo = Emoplug(plugins=[*companions, live], on_error="raise", deadline=DEADLINE)
    except EmoplugError as error:
        raise ContractError(str(error)) from error
    for name, messages in AWKWARD.items():
        _check_answers(emo, name, messages)


def _live(plugin: object, options: Mapping[str, Any]) -> object:
    if isinstance(plugin, str):
        return load(plugin, options)
    if inspect.isclass(plugin):
        build: Any = plugin
        return build(build.Options(**options)) if hasattr(build, "Options") else build()
    return plugin


def _hooks(plugin: object) -> dict[str, Any]:
    marked = {
        name: getattr(plugin, name)
        for name in dir(plugin)
        if hasattr(inspect.getattr_static(plugin, name), "emoplug_impl")
    }
    if not marked:
        raise ContractError(f"it implements no hook; mark one of {', '.join(HOOKS)} with @hookimpl")
    for name, method in marked.items():
        if name not in HOOKS:
            hint = did_you_mean(name, HOOKS)
            raise ContractError(f"{name}: no such hook{hint}; hooks: {', '.join(HOOKS)}")
        marks = method.emoplug_impl
        if marks["wrapper"] or marks["hookwrapper"]:
            raise ContractError(f"{name}: wrappers are not supported; answer a value instead")
    return marked


def _check_signature(hook: str, method: Any) -> None:
    """Argument names must be the contract's; annotations, where given, must be its types."""
    spec = getattr(hookspecs, hook)
    wanted, given = typing.get_type_hints(spec), typing.get_type_hints(method)
    for name in inspect.signature(method).parameters:
        if name not in inspect.signature(spec).parameters:
            valid = inspect.signature(spec).parameters
            hint = did_you_mean(name, valid)
            raise ContractError(f"{hook}: no argument {name!r}{hint}; it has {', '.join(valid)}")
        if name in given and given[name] is not Any and given[name] != wanted[name]:
            raise ContractError(
                f"{hook}: {name} is annotated {given[name]}, the contract says {wanted[name]}"
            )


def _check_answers(emo: Emoplug, name: str, messages: Sequence[Mapping[str, Any]]) -> None:
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            turns = list(pool.map(lambda _: emo.prepare(messages), range(THREADS)))
        findings = [emo.review(turn, "I hear you. How are you now?").findings for turn in turns[:2]]
    except EmoplugError as error:
        raise ContractError(f"on {name}: {error}") from error
    if any(_said(turn) != _said(turns[0]) for turn in turns[1:]) or findings[0] != findings[1]:
        raise ContractError(f"on {name}: equal turns gave different answers; answer by input alone")


def _said(turn: Turn) -> tuple[Any, ...]:
    """What plugins said of a turn, timings and arrays' identities aside."""
    encoding = turn.encoding
    arrays = () if encoding is None else (encoding.emotions.round(1).tobytes(), encoding.labels)
    return (turn.readings, turn.causes, turn.passages, turn.strategies, turn.guidance, arrays)
