from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoplug import (
    Comprehension,
    Emoplug,
    EmotionView,
    Encoding,
    PluginFailedError,
    Turn,
    hookimpl,
)
from emoplug.testing import StubEncoder, check_plugin
from emoplug_emotion import EKMAN, Readings, _dynamics
from emoplug_emotion._dynamics import Beliefs, Chain, carry, decode, shift, step
from emoplug_emotion._parameters import Generic
from emoplug_emotion._plugin import GROUPS
from emoplug_emotion._taxonomy import LABEL_SETS
from tests.plugins.emotion_links import SETS, TALK, chat, facts, links, saved

TWO = Chain(
    scale=1.0,
    bias=np.zeros(2),
    decision=np.zeros(2),
    inertia=np.array([[3.0, 1.0], [1.0, 3.0]]),
    contagion=np.array([[2.0, 1.0], [1.0, 1.0]]),
    prior=np.array([0.5, 0.5]),
)


class Known:
    """An encoder that says of each text what it was told to."""

    name = "known"

    def __init__(self, labels: Sequence[str], rows: Mapping[str, Sequence[float]]) -> None:
        self.labels, self.rows = tuple(labels), dict(rows)

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        n = len(texts)
        return Encoding(
            embeddings=np.ones((n, 1), dtype=np.float32),
            labels=self.labels,
            emotions=np.array([self.rows[text] for text in texts], dtype=np.float32),
            thresholds=np.full(len(self.labels), 0.5, dtype=np.float32),
            affect=np.zeros((n, 0), dtype=np.float32),
            source=self.name,
        )


class Views:
    """A reader with one view, whose rows it was told."""

    name = "views"

    def __init__(self, name: str, rows: Sequence[Sequence[float]]) -> None:
        self.view, self.rows = name, np.array(rows, dtype=np.float32)

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        labels = LABEL_SETS[self.view].labels
        return Comprehension(
            views={self.view: EmotionView(labels=labels, probabilities=self.rows)},
            causes=np.zeros(len(turn.messages), dtype=np.float32),
            source=self.name,
        )


def emoplug_of(*plugins: object) -> Emoplug:
    return Emoplug(plugins=plugins, on_error="raise", deadline=60)


def test_three_messages_by_hand() -> None:
    given = np.array([[0.8, 0.2], [0.5, 0.5], [0.4, 0.6]])
    found = decode(TWO, given, ["ann", "ben", "ann"])
    assert found[0] == pytest.approx([0.8, 0.2])
    # Ben catches from Ann: 0.8 * 2 + 0.2 * 1 against 0.8 * 1 + 0.2 * 1.
    assert found[1] == pytest.approx([1.8 / 2.8, 1.0 / 2.8])
    # Ann keeps 0.8 * 3 + 0.2 against 0.8 + 0.2 * 3, and catches 9/14 * 2 + 5/14 against 1.
    angry, calm = 0.4 * 2.6 * 23 / 14, 0.6 * 1.4 * 1.0
    assert found[2] == pytest.approx([angry / (angry + calm), calm / (angry + calm)])


def test_scale_bias_and_decision_by_hand() -> None:
    chain = replace(TWO, scale=0.5, bias=np.log([2.0, 1.0]), decision=np.log([1.0, 3.0]))
    found = decode(chain, np.array([[0.2, 0.8], [0.5, 0.5]]), ["ann", "ann"])
    carried = np.array([2 * 0.2**0.5, 0.8**0.5])
    factors = carried / carried.sum() @ TWO.inertia
    assert found[0] == pytest.approx([0.2, 0.8])
    told = factors * [2 * 1, 1 * 3]
    assert found[1] == pytest.approx(told / told.sum())


def test_independent_probabilities_by_hand() -> None:
    # Labels 0 and 1 are of group 0; the context of the second message has factors (1.8, 1.0).
    given = np.array([[0.8, 0.1, 0.2], [0.5, 0.2, 0.5]])
    found = shift(TWO, given, [0, 0, 1], ["ann", "ben"])
    odds = 1.8 / 1.0  # with an even prior the odds of a group grow by the ratio of the factors
    assert found[0] == pytest.approx(given[0])
    assert found[1] == pytest.approx(
        [odds / (1 + odds), 0.25 * odds / (1 + 0.25 * odds), 1 / (1 + odds)]
    )


@pytest.mark.parametrize("speakers", ["abab", "aabc", "abca", "aaaa", "abcd"])
def test_message_by_message_is_the_same_as_all_at_once(speakers: str) -> None:
    given = np.random.default_rng(1).dirichlet([1, 1], size=4)
    left: Beliefs = {}
    steps = [decode(TWO, given[i : i + 1], speakers[i], left)[0] for i in range(4)]
    assert np.array(steps) == pytest.approx(decode(TWO, given, speakers))


def test_only_the_last_of_others_is_caught_from() -> None:
    left: Beliefs = {}
    for speaker, row in (("ann", [1.0, 0.0]), ("ben", [0.0, 1.0])):
        step(TWO, left, speaker, np.array(row))
    assert step(TWO, left, "cem", np.array([0.5, 0.5])) == pytest.approx(TWO.contagion[1])
    assert list(left) == ["ann", "ben", "cem"]


def test_nothing_overflows_in_a_long_conversation() -> None:
    strong = replace(TWO, inertia=TWO.inertia**20, contagion=TWO.contagion**20)
    given = np.array([[1.0, 0.0], [0.0, 1.0]] * 500)
    found = decode(strong, given, ["ann", "ben"] * 500)
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_a_message_costs_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []

    def counted(*arguments: Any) -> Any:
        steps.append(1)
        return step(*arguments)

    monkeypatch.setattr(_dynamics, "step", counted)
    emo = emoplug_of(StubEncoder(tuple(EKMAN)), Readings(ON))
    for count in (20, 21):
        steps.clear()
        emo.prepare(chat([(("user", "assistant")[i % 2], f"message {i}") for i in range(count)]))
        assert len(steps) == count
    steps.clear()
    left: Beliefs = {}
    carry(TWO, np.log(np.full((1000, 2), 0.5)), ["ann", "ben"] * 500, left)
    steps.clear()
    carry(TWO, np.log(np.full((1, 2), 0.5)), ["ann"], left)
    assert len(steps) == 1


@pytest.fixture
def quarrel() -> Known:
    rows = {"Get out!": [0.95, 0.02, 0.05], "Fine.": [0.4, 0.1, 0.45]}
    return Known(("anger", "joy", "neutral"), rows)


def heard(emo: Emoplug, *talk: tuple[str, str]) -> dict[str, float]:
    reading = emo.prepare(chat(talk)).reading
    assert reading is not None
    return dict(reading.distribution)


ON = Readings.Options(dynamics=True)
ANGER, REPLY = ("assistant", "Get out!"), ("user", "Fine.")


def test_another_speakers_anger_raises_anger(tmp_path: Path, quarrel: Known) -> None:
    path = saved(tmp_path, facts(encoder_ekman=links(GROUPS, contagion=1.0)))
    alone = heard(emoplug_of(quarrel, Readings(ON, path)), REPLY)
    caught = heard(emoplug_of(quarrel, Readings(ON, path)), ANGER, REPLY)
    assert alone["anger"] == pytest.approx(0.4)
    assert caught["anger"] > 0.5 > caught["neutral"]
    off = Readings(Readings.Options(dynamics=False), path)
    assert heard(emoplug_of(quarrel, off), ANGER, REPLY) == alone


def test_inertia_is_of_the_same_speaker_only(tmp_path: Path, quarrel: Known) -> None:
    path = saved(tmp_path, facts(encoder_ekman=links(GROUPS, inertia=1.0)))
    emo = emoplug_of(quarrel, Readings(ON, path))
    assert heard(emo, ANGER, REPLY)["anger"] == pytest.approx(0.4)
    assert heard(emo, ("user", "Get out!"), REPLY)["anger"] > 0.5


def test_a_name_tells_speakers_of_one_role_apart(tmp_path: Path, quarrel: Known) -> None:
    path = saved(tmp_path, facts(encoder_ekman=links(GROUPS, inertia=1.0)))
    emo = emoplug_of(quarrel, Readings(ON, path))
    talk = [
        {"role": "user", "name": "Ann", "content": "Get out!"},
        {"role": "user", "name": "Ben", "content": "Fine."},
    ]
    reading = emo.prepare(talk).reading
    assert reading is not None
    assert reading.distribution["anger"] == pytest.approx(0.4)


def test_a_blank_message_leaves_feelings_as_they_are(tmp_path: Path, quarrel: Known) -> None:
    quarrel.rows = {**quarrel.rows, " ": [0.0, 0.0, 1.0]}
    path = saved(tmp_path, facts(encoder_ekman=links(GROUPS, contagion=1.0)))
    emo = emoplug_of(quarrel, Readings(ON, path))
    assert heard(emo, ANGER, ("assistant", " "), REPLY) == heard(emo, ANGER, REPLY)


def test_the_28_are_read_each_by_itself_unless_dynamics_are_asked_for(quarrel: Known) -> None:
    emo = emoplug_of(quarrel, Readings())
    assert heard(emo, ANGER, REPLY) == heard(emo, REPLY)


def test_labels_that_nobody_knows_still_last(tmp_path: Path) -> None:
    encoder = Known(("grumpy", "merry"), {"Get out!": [0.9, 0.1], "Fine.": [0.5, 0.5]})
    content = facts()
    content["generic"]["inertia"] = 1.0
    emo = emoplug_of(encoder, Readings(ON, saved(tmp_path, content)))
    found = heard(emo, ("user", "Get out!"), REPLY)
    assert found["grumpy"] > 0.5 > found["merry"]


def test_generic_links_change_nothing_where_nothing_is_known() -> None:
    chain = Generic(scale=1.0, inertia=0.7, contagion=-0.2).chain(5)
    even = np.full((3, 5), 0.2)
    assert decode(chain, even, ["ann", "ben", "ann"]) == pytest.approx(even)


@pytest.mark.parametrize("labels", ["goemotions", *SETS])
@pytest.mark.parametrize("permissive_only", [False, True])
def test_the_contract_is_kept(labels: str, permissive_only: bool) -> None:
    check_plugin(Readings, {"labels": labels, "permissive_only": permissive_only})
    check_plugin(Readings, {"labels": labels, "dynamics": False})


@pytest.mark.parametrize("labels", ["goemotions", *SETS])
def test_what_comes_later_changes_no_earlier_reading(labels: Any) -> None:
    emo = emoplug_of(StubEncoder(tuple(EKMAN)), Readings(Readings.Options(labels=labels)))
    whole = emo.prepare(chat(TALK)).readings
    for count in range(1, len(TALK)):
        part = emo.prepare(chat(TALK[:count])).readings
        for early, late in zip(part, whole, strict=False):
            assert dict(early.distribution) == pytest.approx(dict(late.distribution))


@pytest.mark.parametrize("labels", ["goemotions", *SETS])
def test_off_reads_every_message_by_itself(labels: Any) -> None:
    options = Readings.Options(labels=labels, dynamics=False)
    encoder = StubEncoder(tuple(EKMAN))
    emo, on = emoplug_of(encoder, Readings(options)), Readings(Readings.Options(labels=labels))
    together = emo.prepare(chat(TALK)).readings
    for reading, line in zip(together, TALK, strict=True):
        alone = emoplug_of(encoder, on).prepare(chat([line])).readings[0]
        assert dict(reading.distribution) == pytest.approx(dict(alone.distribution))
        assert reading.emotion == alone.emotion


@pytest.mark.parametrize("name", SETS)
def test_labels_of_a_data_set_share_one_probability(name: Any) -> None:
    emo = emoplug_of(StubEncoder(tuple(EKMAN)), Readings(Readings.Options(labels=name)))
    for reading in emo.prepare(chat([*TALK, ("user", " ")])).readings:
        assert set(reading.distribution) == set(LABEL_SETS[name].labels)
        assert sum(reading.distribution.values()) == pytest.approx(1)
        assert reading.emotion == next(iter(reading.distribution))
        assert reading.labels == (reading.emotion,)
        assert set(reading.groups) == {"ekman", "sentiment"}


def test_a_view_is_read_and_what_it_leaves_out_the_encoder_reads(tmp_path: Path) -> None:
    encoder = Known(("anger", "neutral"), {"Get out!": [0.9, 0.1], "Fine.": [0.1, 0.9]})
    sure = [0.1, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0]
    emo = emoplug_of(
        encoder,
        Views("meld", [[0.0] * 7, sure]),
        Readings(Readings.Options(labels="meld"), saved(tmp_path, facts())),
    )
    first, second = emo.prepare(chat([("user", "Get out!"), REPLY])).readings
    assert first.emotion == "anger"
    assert second.emotion == "sadness"
    assert second.probability == pytest.approx(0.9)


def test_a_view_needs_no_encoder_and_has_links_of_its_own(tmp_path: Path) -> None:
    labels = LABEL_SETS["meld"].labels
    path = saved(tmp_path, facts(reader_meld=links(labels, inertia=2.0)))
    rows = [[0, 0, 0, 0, 0, 0, 1.0], [0.5, 0, 0, 0, 0, 0, 0.5]]
    emo = emoplug_of(Views("meld", rows), Readings(Readings.Options(labels="meld"), path))
    reading = emo.prepare(chat([("user", "Get out!"), REPLY])).reading
    assert reading is not None
    assert reading.emotion == "anger"
    assert reading.probability == pytest.approx(np.exp(2) / (1 + np.exp(2)), abs=0.01)


def test_an_encoder_with_other_labels_is_told_so() -> None:
    emo = emoplug_of(StubEncoder(("grumpy", "merry")), Readings(Readings.Options(labels="meld")))
    with pytest.raises(PluginFailedError, match="labels = 'goemotions'"):
        emo.prepare(chat(TALK))
