# ruff: noqa: RUF001  # letters that look like others are what is tested
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoplug import Cause, Comprehension, Emoplug, EmotionView, Reading, Turn, hookimpl
from emoplug.testing import check_plugin
from emoplug_cause import Causes, Options

Chat = Sequence[Mapping[str, Any]]
TALK = [
    {"role": "user", "content": "My dog died last night."},
    {"role": "assistant", "content": "It was only a dog."},
    {"role": "user", "content": "How can you say that? I am so angry!"},
]
PLAIN = [{"role": "user", "content": "The meeting is at nine on Tuesday."}]


class Reads:
    """Comprehends and reads every conversation the same way, as far as it was told how."""

    name = "reads"

    def __init__(
        self,
        causes: Sequence[float],
        spans: Mapping[int, Any] | None = None,
        emotion: str | None = "anger",
        labels: tuple[str, ...] = (),
        views: Mapping[str, EmotionView] | None = None,
    ) -> None:
        self.causes, self.spans, self.views = causes, spans or {}, views or {}
        self.emotion, self.labels = emotion, labels

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        return Comprehension(
            views=self.views,
            causes=np.array(self.causes, dtype=np.float32),
            cause_spans=self.spans,
            source=self.name,
        )

    @hookimpl
    def read(self, turn: Turn) -> list[Reading]:
        last = turn.last_user
        if last is None or self.emotion is None:
            return []
        told = {"emotion": self.emotion, "labels": self.labels}
        return [Reading(index=last, probability=0.9, source=self.name, **told)]


def causes(plugin: object, chat: Chat = TALK, **options: Any) -> tuple[Cause, ...]:
    emo = Emoplug(plugins=[plugin, Causes(Options(**options))], on_error="raise")
    return emo.prepare(chat).causes


@pytest.fixture(scope="module")
def shipped() -> Emoplug:
    return Emoplug(plugins=["onnx", "emotion", Causes()], deadline=60, on_error="raise")


@pytest.fixture(scope="module")
def permissive() -> Emoplug:
    return Emoplug(
        plugins=["onnx", "emotion", Causes()], deadline=60, on_error="raise", permissive_only=True
    )


def test_causes_are_told_best_first_with_their_words_and_whose_they_are() -> None:
    best, second = causes(Reads([0.6, 0.8, 0.3], {0: ((3, 11),), 1: ((7, 17),)}))
    assert (best.index, best.span, best.origin) == (1, (7, 17), "other")
    assert (second.index, second.span, second.origin) == (0, (3, 11), "self")
    assert best.score > second.score
    assert {best.source, second.source} == {"cause"}


def test_the_readers_own_cut_decides_though_its_numbers_are_put_right() -> None:
    told = causes(Reads([0.49, 0.5, 0.5]))
    assert sorted(cause.index or 0 for cause in told) == [1, 2]
    assert all(cause.score < 0.5 for cause in told)


def test_another_cut_and_fewer_causes_can_be_asked_for() -> None:
    unsure = Reads([0.3, 0.9, 0.7])
    assert len(causes(unsure, cut=0.1)) == 3
    assert [cause.index for cause in causes(unsure, cut=0.6)] == [1]
    assert [cause.index for cause in causes(unsure, cut=0.1, most=2)] == [1, 2]


@settings(max_examples=50)
@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=8))
def test_what_the_reader_deems_likelier_is_told_first_among_earlier_messages(
    said: list[float],
) -> None:
    chat = [{"role": "user", "content": f"message {number}"} for number in range(len(said))]
    told = causes(Reads(said), chat, cut=0.0, most=100)
    scores = {cause.index: cause.score for cause in told}
    assert all(0 < score < 1 for score in scores.values())
    earlier = [float(np.float32(p)) for p in said[:-1]]
    by_reader = sorted(range(len(earlier)), key=lambda index: earlier[index])
    assert [scores[i] for i in by_reader] == sorted(scores[i] for i in by_reader)


def test_where_nothing_said_is_a_cause_that_is_the_answer() -> None:
    (outside,) = causes(Reads([0.1, 0.2, 0.3]))
    assert (outside.index, outside.span, outside.origin) == (None, None, "outside")
    (likelier,) = causes(Reads([0.01, 0.02, 0.03]))
    assert 0 < outside.score < likelier.score < 1
    (never,) = causes(Reads([0.1, 0.2, 1.0]), cut=1.0)
    assert never.score < 0.01


def test_a_message_beyond_the_readers_window_is_no_cause() -> None:
    assert {cause.index for cause in causes(Reads([0.0, 0.4, 0.6]), cut=0.0)} == {1, 2}


def test_what_comes_after_the_last_user_message_is_no_cause() -> None:
    later = [*TALK, {"role": "assistant", "content": "I am sorry."}]
    told = causes(Reads([0.6, 0.6, 0.6, 0.9]), later, most=9)
    assert 3 not in {cause.index for cause in told}


def test_several_spans_of_a_message_are_several_causes_with_one_score() -> None:
    one, other = causes(Reads([0.9, 0.1, 0.1], {0: ((0, 6), (7, 11))}))
    assert (one.span, other.span) == ((0, 6), (7, 11))
    assert one.score == other.score


def test_a_span_that_cuts_a_word_or_an_emoji_is_widened() -> None:
    chat = [{"role": "user", "content": "my cafe\u0301 closed ❤️"}]
    assert causes(Reads([0.9], {0: ((3, 7),)}), chat)[0].span == (3, 8)
    assert causes(Reads([0.9], {0: ((10, 17),)}), chat)[0].span == (9, 18)


def test_spans_count_in_the_joined_text_of_content_parts() -> None:
    parts = [
        {"type": "text", "text": "Look at this."},
        {"type": "image_url"},
        {"type": "text", "text": "He left me."},
    ]
    chat = [{"role": "user", "content": parts}]
    emo = Emoplug(plugins=[Reads([0.9], {0: ((14, 20),)}), Causes()], on_error="raise")
    turn = emo.prepare(chat)
    assert turn.messages[0].text[slice(*turn.causes[0].span or ())] == "He left"


@pytest.mark.parametrize(
    ("reads", "told"),
    [
        (Reads([0.9], emotion="neutral"), False),
        (Reads([0.9], emotion="no emotion", labels=("no emotion",)), False),
        (Reads([0.9], emotion="neutral", labels=("neutral", "grief")), True),
        (Reads([0.9], emotion="grief"), True),
        (Reads([0.9], emotion=None), True),
    ],
)
def test_only_a_feeling_has_causes(reads: Reads, told: bool) -> None:
    assert bool(causes(reads, PLAIN)) == told


@pytest.mark.parametrize(("calm", "told"), [(0.8, False), (0.2, True)])
def test_without_a_reading_the_readers_views_tell_whether_there_is_a_feeling(
    calm: float, told: bool
) -> None:
    row = np.array([[calm, 1 - calm]], dtype=np.float32)
    views = {
        "meld": EmotionView(labels=("neutral", "anger"), probabilities=row),
        "situations": EmotionView(labels=("lonely", "proud"), probabilities=row),
    }
    assert bool(causes(Reads([0.9], emotion=None, views=views), PLAIN)) == told


@pytest.mark.parametrize(
    "chat",
    [
        [],
        [{"role": "system", "content": "Be kind."}],
        [{"role": "user", "content": " \n"}],
        [{"role": "user", "content": [{"type": "image_url"}]}],
    ],
)
def test_who_says_nothing_has_no_causes(chat: Chat) -> None:
    assert causes(object(), chat) == ()


def test_where_nobody_has_read_the_rule_tells_the_message_and_what_was_said_before_it() -> None:
    chat = [*TALK, {"role": "tool", "content": "{}"}, {"role": "user", "content": " I hate it. "}]
    own, previous = causes(object(), chat)
    assert (own.index, own.span, own.origin, own.score) == (4, (1, 11), "self", 0.54)
    assert (previous.index, previous.span, previous.origin) == (1, (0, 18), "other")
    assert own.score > previous.score
    assert {own.source, previous.source} == {"cause/rule"}


def test_by_the_rule_a_person_who_speaks_alone_speaks_of_the_cause() -> None:
    (own,) = causes(object(), [TALK[0], {"role": "assistant", "content": " "}, TALK[2]])
    assert (own.index, own.score) == (2, 0.83)


def test_the_rule_keeps_to_the_cut_and_knows_that_nothing_said_may_be_the_cause() -> None:
    (outside,) = causes(object(), cut=0.9)
    assert (outside.index, outside.origin, outside.source) == (None, "outside", "cause/rule")
    assert outside.score == 0.035


def test_a_reader_that_did_not_see_the_message_leaves_it_to_the_rule() -> None:
    assert {cause.source for cause in causes(Reads([0.0, 0.0, 0.0]))} == {"cause/rule"}


def test_in_a_group_the_other_is_who_has_another_name() -> None:
    chat = [
        {"role": "user", "name": "Ann", "content": "I sold your bike."},
        {"role": "user", "name": "Bo", "content": "I loved it!"},
    ]
    own, previous = causes(object(), chat)
    assert (own.index, own.origin) == (1, "self")
    assert (previous.index, previous.origin) == (0, "other")


@pytest.mark.parametrize("options", [{"cut": 1.2}, {"most": 0}, {"cutt": 0.5}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Options(**options)


def test_the_shipped_reader_tells_what_hurt(shipped: Emoplug) -> None:
    turn = shipped.prepare(
        [
            {"role": "user", "content": "I failed my exam."},
            {"role": "assistant", "content": "That is your own fault, you were lazy."},
            {"role": "user", "content": "How dare you! I am furious!"},
        ]
    )
    told = {cause.index: cause for cause in turn.causes}
    assert told[1].origin == "other"
    assert turn.messages[1].text[slice(*told[1].span or ())] == "you were lazy."


@pytest.mark.parametrize("emo", ["shipped", "permissive"])
def test_small_talk_has_no_cause(emo: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(emo).prepare(PLAIN).causes == ()


def test_without_restricted_weights_the_rule_answers(permissive: Emoplug) -> None:
    assert {cause.source for cause in permissive.prepare(TALK).causes} == {"cause/rule"}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "I am so sad about my cafe\u0301",
                    " 😭👩‍👩‍👧",
                    " my ex ❤️",
                    " 👍🏽",
                    " \ud83d",
                    " 我很难过",
                ),
                *(" 🇺🇸🇬🇧", " दुःख है", " he left\u200d", " 𝓈𝒶𝒹", "\n", " and so on" * 300),
            ]
        ),
        min_size=1,
        max_size=5,
    )
)
def test_spans_of_the_shipped_reader_are_exact_and_whole(
    shipped: Emoplug, permissive: Emoplug, parts: list[str]
) -> None:
    text = "".join(parts)
    for emo in (shipped, permissive):
        turn = emo.prepare([TALK[1], {"role": "user", "content": text}])
        for cause in turn.causes:
            if cause.index == 1 and cause.span is not None:
                start, end = cause.span
                words = text[start:end]
                assert words == words.strip()
                cut = words[:1] + text[end : end + 1]
                assert not set(cut) & set("\u0301\u200d\ufe0f🏽\u093f\u0948")


@pytest.mark.parametrize("options", [{}, {"cut": 0.9}, {"most": 1}])
def test_the_plugin_keeps_the_contract(options: dict[str, Any]) -> None:
    check_plugin(Causes, options)
