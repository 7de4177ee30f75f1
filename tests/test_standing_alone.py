"""Every plugin stands alone: on by name, off by name; what it lacks it says once."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points

import pytest

from emoplug import Emoplug, SettingsError

NEEDS_A_MODEL = {"sbert"}
NEEDS_AN_ENCODER = {"emotion", "hef", "recall", "safety", "strategy"}
OURS = sorted(
    point.name
    for point in entry_points(group="emoplug")
    if point.value.startswith(f"emoplug_{point.name}:")
)
CHATS = [
    [{"role": "user", "content": "My dog died last night and I cannot stop crying."}],
    [
        {"role": "user", "content": "My dog died last night."},
        {"role": "assistant", "content": "I am so sorry. What happened?"},
        {"role": "user", "content": "The vet never called back. I am so angry!"},
    ],
    [],
]


@pytest.mark.parametrize("name", [name for name in OURS if name not in NEEDS_A_MODEL])
def test_a_plugin_works_without_any_other_and_says_once_what_it_lacks(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    emo = Emoplug(plugins=[name], deadline=60, on_error="raise")
    with caplog.at_level(logging.WARNING, "emoplug"):
        for chat in CHATS * 2:
            turn = emo.prepare(chat, session="ann")
            assert not turn.degraded
            assert not emo.review(turn, "I hear you. How are you now?").degraded
    said = [record.message for record in caplog.records]
    assert len(said) == (name in NEEDS_AN_ENCODER)


@pytest.mark.parametrize("name", sorted(NEEDS_A_MODEL))
def test_a_plugin_that_cannot_work_as_it_is_names_what_to_give(name: str) -> None:
    with pytest.raises(SettingsError, match="model"):
        Emoplug(plugins=[name])


@pytest.mark.parametrize("name", OURS)
def test_a_plugin_that_is_not_named_is_off(name: str) -> None:
    assert (
        name not in Emoplug(plugins=[other for other in ("onnx", "cause") if other != name]).plugins
    )
