from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emoplug import Emoplug, WeightsError
from emoplug.testing import StubEncoder
from emoplug_emotion import Readings
from emoplug_emotion._parameters import SHIPPED, read_parameters
from emoplug_emotion._plugin import GROUPS
from tests.plugins.emotion_links import SETS, TALK, chat, facts, links, saved

ON = Readings.Options(dynamics=True)


def broken(**changes: Any) -> str:
    return json.dumps({**facts(encoder_ekman=links(GROUPS)), **changes})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "corrupt"),
        ("[]", "not of format 1"),
        (broken(format=9), "not of format 1"),
        (broken(generic={}), "KeyError: 'scale'"),
        (broken(chains=[]), "AttributeError"),
        (broken(chains={"encoder/ekman": {"permissive": True}}), "KeyError"),
        (json.dumps(facts(encoder_ekman={**links(GROUPS), "bias": [0]})), "shape"),
        (json.dumps(facts(encoder_ekman={**links(GROUPS), "scale": float("nan")})), "not finite"),
        (json.dumps(facts(encoder_ekman={**links(GROUPS), "prior": ["x"] * 7})), "ValueError"),
    ],
)
def test_a_corrupt_file_is_named(tmp_path: Path, content: str, problem: str) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(WeightsError, match=problem) as told:
        read_parameters(path)
    assert str(path) in str(told.value)
    assert "reinstall emoplug" in str(told.value)


def test_without_the_file_single_messages_are_still_read(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is missing"):
        read_parameters(tmp_path / "none.json")
    plugin = Readings(ON, tmp_path / "none.json")
    emo = Emoplug(plugins=[StubEncoder(), plugin])
    assert emo.prepare(chat(TALK[:1])).readings
    turn = emo.prepare(chat(TALK))
    assert not turn.readings
    assert "none.json is missing" in turn.degraded[0].reason


def test_the_shipped_file_has_everything_and_says_where_it_is_from() -> None:
    shipped = read_parameters(SHIPPED)
    assert set(shipped.maps) == set(SETS)
    assert {f"encoder/{name}" for name in SETS} <= set(shipped.chains)
    assert shipped.chain("encoder/ekman", GROUPS) is not None
    facts_told = Readings().diagnose()
    assert facts_told["learned map/meld"] == "meld train (GPL-3.0)"
    assert len(facts_told["sha256 dynamics.json"]) == 64


def test_permissive_only_uses_nothing_from_restricted_data() -> None:
    sources = read_parameters(SHIPPED, permissive_only=True).sources
    assert sources
    assert all("Apache-2.0" in source for source in sources.values())
    emo = Emoplug(plugins=["emotion"], permissive_only=True)
    plugin: Any = emo.plugins["emotion"]
    assert plugin.options.permissive_only
