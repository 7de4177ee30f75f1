from __future__ import annotations

import re
from typing import Any

import pytest

from emoplug import STAGES, STRATEGIES, Emoplug, Risk
from emoplug_hef import Hints
from tests.plugins.hef_readers import Told, cause, feeling, going, noted

LAST = "I cannot sleep since then, and I do not know what to do about it any more."
SHOUTED = "He shouted at me in front of all the others."
TALK = ("I hate how she looks at me!", ("assistant", SHOUTED), LAST)


def test_likely_emotions_come_first_and_all_others_after() -> None:
    told = Told([feeling(emotion="sadness", grief=0.3, fear=0.2, joy=0.02, neutral=0.1)])
    text = noted(LAST, by=[told])
    assert "They likely feel sadness 80%, grief 30%. If none fits: fear, joy." in text


@pytest.mark.parametrize(
    ("options", "first"),
    [
        ({"mass": 1.0}, "sadness 80%, fear 40%, grief 30%"),
        ({"mass": 1.0, "candidates": 2}, "sadness 80%, fear 40%"),
        ({"mass": 0.5}, "sadness 80%"),
        ({"mass": 0.7}, "sadness 80%, fear 40%"),
        ({"mass": 1.0, "floor": 0.35}, "sadness 80%, fear 40%"),
    ],
)
def test_how_many_come_first_follows_the_probability_named(
    options: dict[str, Any], first: str
) -> None:
    told = Told([feeling(emotion="sadness", fear=0.4, grief=0.3, joy=0.05)])
    assert f"They likely feel {first}." in noted(LAST, by=[told], **options)


def test_a_label_that_the_reading_contradicts_is_not_named_first() -> None:
    told = Told([feeling(emotion="sadness", probability=0.5, desire=0.6, grief=0.2)])
    text = noted(LAST, by=[told], mass=1.0)
    assert "They likely feel sadness 50%, grief 20%. If none fits: desire." in text


def test_nobody_is_certain() -> None:
    assert "sadness 99%" in noted(LAST, by=[Told([feeling(probability=1.0)])])


def test_a_reader_without_a_distribution_is_told_too() -> None:
    bare = feeling().model_copy(update={"distribution": {}})
    assert "They likely feel sadness 80%." in noted(LAST, by=[Told([bare])])


def test_labels_without_a_name_in_the_frame_are_told_as_they_are() -> None:
    text = noted(LAST, by=[Told([feeling(emotion="saudade")])], language="de")
    assert "saudade 80 %" in text


def test_the_situation_is_told_where_somebody_reads_it() -> None:
    one = noted(LAST, by=[Told([feeling()]), going(lonely=0.9, sad=0.09, proud=0.01)])
    assert "What they are going through: lonely 90%." in one
    two = noted(LAST, by=[Told([feeling()]), going(lonely=0.6, sad=0.39, proud=0.01)])
    assert "What they are going through: lonely 60% or sad 39%." in two


def test_the_32_are_told_in_two_stages_on_request() -> None:
    by = [Told([feeling()]), going(lonely=0.6, sad=0.39, proud=0.01)]
    text = noted(LAST, by=by, emotions=32)
    assert "They likely feel lonely 60%, sad 39%. If none fits: proud." in text
    assert "sadness" not in text
    assert "going through" not in text


def test_without_the_32_the_28_are_told_and_it_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told([feeling()])
    assert "sadness 80%" in noted(LAST, by=[told], emotions=32)
    assert [record.name for record in caplog.records] == ["emoplug.hef"]
    assert "situation" in caplog.text
    unread = going(lonely=0.0, sad=0.0)
    assert "sadness 80%" in noted(LAST, by=[told, unread], emotions=32)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0, f'in their earlier words: "{TALK[0]}"'),
        (1, f'in your words: "{SHOUTED}"'),
    ],
)
def test_a_cause_is_quoted_and_said_whose_it_is(index: int, words: str) -> None:
    told = Told([feeling(2)], [cause(index), cause(2, (0, 10), 0.5)])
    assert f"What set it off, {words}." in noted(*TALK, by=[told])


def test_causing_words_of_the_last_message_are_quoted_where_they_are_a_part_of_it() -> None:
    span = (0, len("I cannot sleep since then"))
    text = noted(LAST, by=[Told([feeling()], [cause(0, span)])])
    assert 'What set it off, in this message: "I cannot sleep since then".' in text


@pytest.mark.parametrize("span", [None, (0, len(LAST)), (0, len(LAST) - 8)])
def test_the_message_that_the_model_reads_right_there_is_not_quoted_whole(
    span: tuple[int, int] | None,
) -> None:
    assert '"' not in noted(LAST, by=[Told([feeling()], [cause(0, span)])])


def test_words_that_the_last_message_repeats_are_not_quoted() -> None:
    told = Told([feeling(0, intensity=0.9), feeling(1)], [cause(0)])
    assert '"' not in noted(f"{LAST} ", LAST.upper(), by=[told])


def test_somebody_else_in_the_room_is_not_taken_for_the_model() -> None:
    messages = [
        {"role": "user", "name": "Bo", "content": SHOUTED},
        {"role": "user", "name": "Ann", "content": LAST},
    ]
    told = Told([feeling(0, intensity=0.9), feeling(1)], [cause(0)])
    text = Emoplug(plugins=[told, Hints()], on_error="raise").prepare(messages).guidance_text
    assert f'in somebody else\'s words: "{SHOUTED}"' in text
    assert "Earlier they said" not in text


@pytest.mark.parametrize(("score", "told"), [(0.9, True), (0.5, False)])
def test_that_no_cause_was_said_is_told_only_where_it_is_clear(score: float, told: bool) -> None:
    text = noted(LAST, by=[Told([feeling()], [cause(None, score=score)])])
    assert ("What set it off has probably not been said." in text) is told
    assert "Quoted words" not in text


def test_the_next_cause_is_told_where_the_best_is_the_whole_last_message() -> None:
    told = Told([feeling(2)], [cause(2), cause(1, score=0.6)])
    assert f'in your words: "{SHOUTED}"' in noted(*TALK, by=[told])
    outside = Told([feeling(2)], [cause(2), cause(None, score=0.7)])
    assert "What set it off" not in noted(*TALK, by=[outside])


def test_an_unlikely_cause_is_not_told() -> None:
    assert SHOUTED not in noted(*TALK, by=[Told([feeling(2)], [cause(1, score=0.2)])])


def test_a_cause_after_the_last_user_message_is_as_if_not_there() -> None:
    told = Told([feeling(2)], [cause(3), cause(1, score=0.5)])
    later = noted(*TALK, ("assistant", "And then?"), by=[told])
    assert later == noted(*TALK, by=[Told([feeling(2)], [cause(1, score=0.5)])])


def test_the_strongest_earlier_moment_is_quoted() -> None:
    readings = [
        feeling(0, "anger", intensity=0.75),
        feeling(1, "fear", intensity=0.9),
        feeling(2, "joy", intensity=0.6),
        feeling(3),
    ]
    text = noted("So mad!", "So afraid!", "So glad!", LAST, by=[Told(readings)])
    assert 'Earlier they said "So afraid!" (fear).' in text
    assert "So mad!" not in text


def test_no_words_are_quoted_twice() -> None:
    readings = [
        feeling(0, "anger", intensity=0.75),
        feeling(1, "fear", intensity=0.9),
        feeling(2),
    ]
    told = Told(readings, [cause(1)])
    text = noted("So mad at all!", "So afraid of him!", LAST, by=[told])
    assert text.count('"So afraid of him!"') == 1
    assert 'Earlier they said "So mad at all!" (anger).' in text
    again = noted("So afraid of him!", "So afraid  of HIM!", LAST, by=[told])
    assert again.count('"') == 2


def test_the_model_s_own_feelings_are_not_the_person_s() -> None:
    told = Told([feeling(1, "anger", intensity=0.9), feeling(2)])
    assert "Earlier" not in noted(*TALK, by=[told])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_has_a_name_and_a_line_on_how_to_do_it(strategy: str) -> None:
    text = noted(LAST, by=[Told([feeling()], strategies={strategy: 0.6})])
    assert re.search(r"Best next: [A-Z][\w -]+ \([a-z][^()]{20,90}\)\.", text)
    assert "Or:" not in text


def test_the_stage_is_told_where_the_strategy_belongs_to_it() -> None:
    for stage, (strategy, *_) in STAGES.items():
        text = noted(LAST, by=[Told([feeling()], strategies={strategy: 0.6})])
        assert f"Stage of support: {stage}." in text
    apart = {"Question": 0.3, "Self-disclosure": 0.25, "Reflection of feelings": 0.25}
    text = noted(LAST, by=[Told([feeling()], strategies=apart)])
    assert "Best next: Question" in text
    assert "Stage" not in text


def test_a_second_strategy_is_told_where_it_is_about_as_good() -> None:
    close = {"Question": 0.5, "Information": 0.47, "Others": 0.46}
    text = noted(LAST, by=[Told([feeling()], strategies=close)])
    assert "Best next: Question" in text
    assert "Or: Information" in text
    assert "Plain talk" not in text
    far = noted(LAST, by=[Told([feeling()], strategies={"Question": 0.5, "Information": 0.3})])
    assert "Or:" not in far


def test_a_strategy_that_hardly_fits_is_not_told() -> None:
    assert "Best next" not in noted(LAST, by=[Told([feeling()], strategies={"Question": 0.05})])


def test_nobody_is_given_advice_who_is_overwhelmed() -> None:
    strategies = {"Providing Suggestions": 0.6, "Information": 0.3, "Question": 0.2}
    grave = Told([feeling(intensity=0.7, valence=-0.6)], strategies=strategies)
    text = noted(LAST, by=[grave])
    assert "Best next: Question" in text
    assert "no advice unless they ask" in text
    assert "action" not in text
    only = Told([feeling(intensity=0.7, valence=-0.6)], strategies={"Information": 0.6})
    assert "Best next" not in noted(LAST, by=[only])


@pytest.mark.parametrize(
    ("how", "tone"),
    [
        ({"intensity": 0.7, "valence": -0.5}, "overwhelming"),
        ({"intensity": 0.45, "valence": -0.3, "arousal": 0.4}, "stirred up"),
        ({"intensity": 0.55, "valence": -0.3}, "strong; gentle"),
        ({"intensity": 0.7, "valence": 0.5}, "strong and glad"),
        ({"intensity": 0.3, "valence": 0.1}, "mild"),
        ({"intensity": 0.3, "valence": -0.3}, "plainly put"),
    ],
)
def test_the_tone_follows_strength_and_valence(how: dict[str, Any], tone: str) -> None:
    assert f"Tone: {tone}" in noted(LAST, by=[Told([feeling(**how)])])


@pytest.mark.parametrize("how", [{"intensity": 0.5, "valence": 0.3}, {"valence": -0.1}])
def test_where_any_tone_will_do_none_is_told(how: dict[str, Any]) -> None:
    assert "Tone:" not in noted(LAST, by=[Told([feeling(**how)])])


@pytest.mark.parametrize(("index", "grave"), [(0, True), (2, True), (3, False)])
def test_acute_danger_asks_for_the_gravest_tone(index: int, grave: bool) -> None:
    risk = Risk(index=index, kind="self-harm", probability=0.9, source="told")
    told = Told([feeling(2, intensity=0.3, valence=0.1)], risks=[risk])
    text = noted(*TALK, ("assistant", "And then?"), by=[told])
    assert ("Tone: overwhelming" in text) is grave
