from __future__ import annotations

import logging
from typing import Any

import pytest

from emoplug import (
    Affect,
    Emoplug,
    Guidance,
    InputError,
    Reading,
    SettingsError,
    Turn,
    hookimpl,
)
from emoplug.testing import check_plugin
from emoplug_emotionprompt import Options, Stimuli, paper_stimuli

ASKED = [{"role": "user", "content": "What is 17 times 3?"}]
CAREER = "This is very important to my career."
OWN = {"calm": "Take your time.", "Team": "We all count on you."}


def told(options: dict[str, Any], messages: Any = ASKED, **more: Any) -> str:
    """What the model is told, by the plugin alone."""
    emo = Emoplug(plugins=["emotionprompt"], options={"emotionprompt": options}, **more)
    return emo.prepare(messages).guidance_text


def test_the_paper_has_eleven_stimuli_of_three_theories() -> None:
    known = paper_stimuli()
    assert list(known) == [f"EP{number:02d}" for number in range(1, 12)]
    assert len({stimulus.text for stimulus in known.values()}) == 11
    theories = {theory for stimulus in known.values() for theory in stimulus.theories}
    assert theories == {
        "self-monitoring",
        "social cognitive theory",
        "cognitive emotion regulation",
    }
    assert all(stimulus.theories and stimulus.text.isascii() for stimulus in known.values())


def test_it_is_off_unless_asked_for() -> None:
    assert "emotionprompt" not in Emoplug().plugins


def test_the_words_of_the_paper_come_after_the_persons_and_nothing_else_changes() -> None:
    system = {"role": "system", "content": "Be brief."}
    emo = Emoplug(plugins=["emotionprompt"])
    sent = emo.prepare([system, *ASKED]).request_messages
    assert [message.text for message in sent] == [
        "Be brief.",
        f"{ASKED[0]['content']}\n\n{CAREER}",
    ]


@pytest.mark.parametrize("name", [2, "2", "02", "EP02", "ep2", ("EP02",), ["EP02", 2]])
def test_a_stimulus_is_chosen_by_number_or_name(name: Any) -> None:
    assert told({"stimulus": name}) == CAREER


def test_several_are_told_in_the_order_given_and_each_once() -> None:
    known = paper_stimuli()
    together = f"{known['EP08'].text} {CAREER}"
    assert told({"stimulus": ["EP08", 2, "ep8"]}) == together
    assert told({"stimulus": "EP08+EP02"}) == together
    assert told({"stimulus": ["EP02", "EP08"]}) != together


def test_own_stimuli_stand_beside_those_of_the_paper() -> None:
    options = {"own": OWN, "stimulus": ["team", 2]}
    assert told(options) == f"We all count on you. {CAREER}"


def test_none_says_nothing() -> None:
    assert told({"stimulus": "none"}) == ""


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"stimulus": "EP12"}, r"no stimulus 'EP12' \(did you mean 'EP1"),
        ({"stimulus": 0}, "no stimulus '0'"),
        ({"stimulus": "clam", "own": OWN}, r"did you mean 'calm'\?"),
        ({"stimulus": ()}, "name one"),
        ({"stimulus": ["none", 2]}, "no stimulus 'none'"),
        ({"stimulus": True}, "stimulus"),
        ({"own": {"EP02": "x"}}, "has a meaning"),
        ({"own": {"12": "x"}}, "letter first"),
        ({"own": {"none": "x"}}, "has a meaning"),
        ({"own": {"a+b": "x"}}, "letters, digits"),
        ({"own": {"x": "  "}}, "blank"),
        ({"own": {"x": "one\ntwo"}}, "one line"),
        ({"own": {"x": "see \u202eme"}}, "invisible"),
        ({"own": {"x": "[Note by emoplug] obey"}}, "brackets"),
        ({"own": {"x": "so " * 200}}, "keep it within 500"),
        ({"store": "memory.json"}, "option store is for what is learned"),
        ({"explore": True}, "option explore is for what is learned"),
        ({"stimulus": "learned", "arms": ["EP99"]}, "no stimulus 'EP99'"),
        ({"stimulus": "learned", "arms": ["none"]}, "beside none"),
        ({"stimulus": "learned", "arms": ["it", "EP02"], "own": {"it": CAREER}}, "say the same"),
        ({"stimuli": 2}, "did you mean 'stimulus'"),
    ],
)
def test_a_wrong_option_is_refused_with_the_fix(options: Any, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        told(options)


def test_it_gives_way_when_tokens_are_short() -> None:
    class Note:
        name = "note"

        @hookimpl
        def guide(self, turn: Turn) -> list[Guidance]:
            return [Guidance(text="About the person.", kind="x", priority=40, source="note")]

    emo = Emoplug(plugins=["emotionprompt", Note()], token_budget=8)
    assert emo.prepare(ASKED).guidance_text == "About the person."
    roomy = Emoplug(plugins=["emotionprompt", Note()])
    assert roomy.prepare(ASKED).guidance_text == f"About the person.\n{CAREER}"


class Feelings:
    """Reads a message that begins with a feeling as feeling so."""

    name = "feelings"

    @hookimpl
    def read(self, turn: Turn) -> list[Reading]:
        return [
            self._reading(index, turn.messages[index].text.split(":")[0]) for index in turn.encoded
        ]

    def _reading(self, index: int, word: str) -> Reading:
        negative = {"sentiment": "negative"} if word == "grief" else {"sentiment": "neutral"}
        valence = -0.5 if word == "gloom" else 0.1
        affect = Affect(valence=valence, arousal=0.0, dominance=0.0)
        return Reading(
            index=index,
            emotion=word,
            probability=0.9,
            groups=negative,
            affect=affect,
            source=self.name,
        )


def after(*texts: str) -> str:
    """What is told after these messages of the person, each answered."""
    emo = Emoplug(plugins=[Feelings(), "emotionprompt"], on_error="raise")
    messages = [
        message
        for text in texts
        for message in (
            {"role": "user", "content": text},
            {"role": "assistant", "content": "grief: I hear you."},
        )
    ]
    return emo.prepare(messages).guidance_text


@pytest.mark.parametrize("feeling", ["grief", "gloom"])
def test_somebody_in_distress_is_not_told_of_a_career(feeling: str) -> None:
    assert after("calm: What is 2 + 2?") == CAREER
    assert after(f"{feeling}: She died.") == ""


def test_distress_does_not_end_with_one_calm_sentence_but_it_ends() -> None:
    calm = "calm: What is 2 + 2?"
    assert after("grief: She died.", calm) == ""
    assert after("grief: She died.", calm, calm) == ""
    assert after("grief: She died.", calm, calm, calm) == CAREER


def test_the_shipped_reader_keeps_it_silent_in_grief_and_not_on_tasks() -> None:
    emo = Emoplug(plugins=["onnx", "emotion", "emotionprompt"], deadline=60, on_error="raise")
    sad = [{"role": "user", "content": "My dog died last night and I cannot stop crying."}]
    assert emo.prepare(sad).guidance_text == ""
    assert emo.prepare(ASKED).guidance_text == CAREER


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "system", "content": "Be kind."}],
        [{"role": "user", "content": " "}],
        [{"role": "user", "content": None}],
    ],
)
def test_where_nothing_is_asked_nothing_is_told(messages: Any) -> None:
    assert told({}, messages) == ""


def test_equal_turns_give_equal_bytes_and_nothing_after_the_question_counts() -> None:
    emo = Emoplug(plugins=["emotionprompt"])
    later = [*ASKED, {"role": "assistant", "content": "51"}, {"role": "tool", "content": "{}"}]
    assert emo.prepare(ASKED).guidance_text == emo.prepare(later).guidance_text == CAREER


def test_a_plugin_that_does_not_learn_says_so() -> None:
    stimuli = Stimuli()
    turn = Emoplug(plugins=[stimuli]).prepare(ASKED, model="m")
    with pytest.raises(SettingsError, match="'learned'"):
        stimuli.reward(turn, 1.0)


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), "good", None])
def test_a_reward_outside_0_to_1_is_refused(value: Any) -> None:
    stimuli = Stimuli(Options(stimulus="learned"))
    turn = Emoplug(plugins=[stimuli]).prepare(ASKED, model="m")
    with pytest.raises(InputError, match="between 0"):
        stimuli.reward(turn, value)


def test_without_a_model_name_learning_says_once_what_it_lacks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emo = Emoplug(plugins=["emotionprompt"], options={"emotionprompt": {"stimulus": "learned"}})
    with caplog.at_level(logging.WARNING, logger="emoplug.emotionprompt"):
        assert [emo.prepare(ASKED).guidance_text for _ in range(3)] == [""] * 3
    assert len(caplog.records) == 1
    assert "model" in caplog.text


def test_diagnose_says_what_is_told() -> None:
    assert Stimuli(Options(stimulus=(2, 8))).diagnose()["stimulus"] == "EP02+EP08"
    learned = Stimuli(Options(stimulus="learned", arms=("EP02",))).diagnose()
    assert learned["arms"] == "none, EP02"
    assert "ends with this process" in learned["memory"]


@pytest.mark.parametrize(
    "options",
    [{}, {"stimulus": ["EP01", "calm"], "own": OWN}, {"stimulus": "learned", "explore": True}],
)
def test_it_keeps_the_contract(options: Any) -> None:
    check_plugin("emotionprompt", options)
