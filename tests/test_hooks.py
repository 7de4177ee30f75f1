from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from emoplug import (
    STAGES,
    STRATEGIES,
    Affect,
    Cause,
    Comprehension,
    Emoplug,
    EmotionView,
    Encoding,
    Finding,
    Guidance,
    Passage,
    PluginLoadError,
    Reading,
    Risk,
    SettingsError,
    StrategyScore,
    Turn,
    UnknownPluginError,
    available,
    hookimpl,
)
from emoplug import hookspecs as contract

CHAT = [{"role": "user", "content": "I lost my job."}, {"role": "assistant", "content": "Oh no."}]
ASKED: list[str] = []


def encoding(count: int) -> Encoding:
    return Encoding(
        embeddings=np.ones((count, 1), dtype=np.float32),
        labels=("sadness",),
        emotions=np.full((count, 1), 0.5, dtype=np.float32),
        thresholds=np.full(1, 0.3, dtype=np.float32),
        affect=np.zeros((count, 3), dtype=np.float32),
        source="every",
    )


class Every:
    """Implements every hook and writes down when it was asked."""

    def __init__(self, name: str = "every") -> None:
        self.name = name

    def _asked(self, hook: str) -> None:
        ASKED.append(f"{self.name}.{hook}")

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        self._asked("encode")
        return encoding(len(texts))

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        self._asked("comprehend")
        rows = len(turn.messages)
        return Comprehension(
            views={
                "meld": EmotionView(
                    labels=("sadness",), probabilities=np.zeros((rows, 1), dtype=np.float32)
                )
            },
            causes=np.zeros(rows, dtype=np.float32),
            strategies={"Question": 0.5},
            source=self.name,
        )

    @hookimpl
    def read(self, turn: Turn) -> list[Reading]:
        self._asked("read")
        if not turn.messages:
            return []
        p = 0.8 if self.name == "every" else 0.4
        return [
            Reading(
                index=0,
                emotion="sadness",
                probability=p,
                distribution={"sadness": p},
                affect=Affect(valence=-p, arousal=0, dominance=0),
                source=self.name,
            )
        ]

    @hookimpl
    def explain(self, turn: Turn) -> list[Cause]:
        self._asked("explain")
        if not turn.messages:
            return []
        score = 0.2 if self.name == "every" else 0.9
        return [Cause(index=0, span=(2, 13), score=score, source=self.name)]

    @hookimpl
    def recall(self, turn: Turn) -> list[Passage]:
        self._asked("recall")
        return [Passage(text="Same  text", score=0.5, source=self.name)]

    @hookimpl
    def advise(self, turn: Turn) -> list[StrategyScore]:
        self._asked("advise")
        score = 0.2 if self.name == "every" else 0.4
        return [StrategyScore(strategy="Question", score=score, source=self.name)]

    @hookimpl
    def correct(self, turn: Turn, scores: Mapping[str, float]) -> dict[str, float]:
        self._asked("correct")
        return {strategy: score / 2 for strategy, score in scores.items()}

    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        self._asked("guide")
        return [Guidance(text=f"from {self.name}", kind="test", source=self.name)]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> list[Finding]:
        self._asked("review")
        return [Finding(name="length", score=len(reply), explanation="", source=self.name)]

    @hookimpl
    def remember(self, turn: Turn, reply: str) -> None:
        self._asked("remember")


def test_stages_run_in_the_order_of_the_contract_and_plugins_in_the_order_listed() -> None:
    ASKED.clear()
    emo = Emoplug(plugins=[Every("every"), Every("other")], on_error="raise")
    emo.review(emo.prepare(CHAT), "There, there.")
    hooks = [name for name, value in vars(contract).items() if hasattr(value, "emoplug_spec")]
    first_only = {"encode", "comprehend"}
    expected = [
        f"{plugin}.{hook}"
        for hook in hooks
        for plugin in (("every",) if hook in first_only else ("every", "other"))
    ]
    assert sorted(ASKED[:2]) == sorted(expected[:2])  # beside each other
    assert ASKED[2:] == expected[2:]


def test_answers_are_collected_as_the_contract_says() -> None:
    emo = Emoplug(plugins=[Every("every"), Every("other")], on_error="raise")
    turn = emo.prepare(CHAT)
    assert turn.readings[0].distribution["sadness"] == pytest.approx(0.6)
    assert turn.readings[0].affect == Affect(valence=-0.6000000000000001, arousal=0, dominance=0)
    assert turn.readings[0].source == "every+other"
    assert [cause.source for cause in turn.causes] == ["other", "every"]
    assert len(turn.passages) == 1
    assert turn.strategies[0].score == pytest.approx(0.3 / 2 / 2)
    assert turn.guidance_text == "from every\nfrom other"
    assert emo.review(turn, "hello").findings[1].score == 5


def test_risks_are_collected_beside_readings_most_probable_first() -> None:
    class Watch:
        def __init__(self, name: str, probability: float) -> None:
            self.name, self.probability = name, probability

        @hookimpl
        def read(self, turn: Turn) -> list[Risk]:
            p = self.probability
            return [Risk(index=0, kind="medical", probability=p, span=(0, 2), source=self.name)]

    emo = Emoplug(plugins=[Watch("calm", 0.2), Every("every"), Watch("sure", 0.9)])
    turn = emo.prepare(CHAT)
    assert not turn.degraded
    assert [risk.source for risk in turn.risks] == ["sure", "calm"]
    assert [reading.source for reading in turn.readings] == ["every"]


def test_a_risk_outside_the_conversation_is_refused() -> None:
    class Lost:
        name = "lost"

        @hookimpl
        def read(self, turn: Turn) -> list[Risk]:
            return [Risk(index=9, kind="abuse", probability=0.5, source="lost")]

    turn = Emoplug(plugins=[Lost()]).prepare(CHAT)
    assert not turn.risks
    assert "points at message 9" in turn.degraded[0].reason


def test_the_stage_is_that_whose_strategies_score_highest_together() -> None:
    class Plan:
        name = "plan"

        def __init__(self, **scores: float) -> None:
            self.scores = scores

        @hookimpl
        def advise(self, turn: Turn) -> list[StrategyScore]:
            names = {name.split()[0].lower().replace("-", ""): name for name in STRATEGIES}
            return [
                StrategyScore(strategy=names[key], score=score, source="plan")
                for key, score in self.scores.items()
            ]

    def stage(**scores: float) -> str | None:
        return Emoplug(plugins=[Plan(**scores)]).prepare(CHAT).stage

    assert stage(question=0.3, reflection=0.2, affirmation=0.2) == "comforting"
    assert stage(question=0.3, restatement=0.2, affirmation=0.2) == "exploration"
    assert stage(information=0.1, others=0.9) == "action"
    assert stage() is None
    assert {name for names in STAGES.values() for name in names} == {*STRATEGIES} - {"Others"}


def test_a_turn_knows_the_model_that_will_answer() -> None:
    emo = Emoplug(plugins=[], model="usual")
    assert emo.prepare(CHAT).model == "usual"
    assert emo.prepare(CHAT, model="other").model == "other"
    assert emo.prepare_many([CHAT])[0].model == "usual"
    assert Emoplug(plugins=[]).prepare(CHAT).model is None


def test_batches_give_the_same_turns_as_one_by_one() -> None:
    emo = Emoplug(plugins=[Every()], on_error="raise")
    chats: list[list[dict[str, str]]] = [CHAT, CHAT[:1], [], CHAT * 3]
    done: list[int] = []
    together = emo.prepare_many(chats, progress=done.append)
    assert done == [1, 2, 3, 4]
    for chat, turn in zip(chats, together, strict=True):
        alone = emo.prepare(chat)
        assert turn.readings == alone.readings if chat else True
        assert len(turn.encoded) == len(alone.encoded)
        if turn.encoding and alone.encoding:
            assert np.array_equal(turn.encoding.embeddings, alone.encoding.embeddings)


def test_each_emoplug_owns_its_plugins() -> None:
    assert Emoplug(plugins=[Every()]).prepare(CHAT).guidance
    assert not Emoplug(plugins=[SimpleNamespace(name="quiet")]).prepare(CHAT).guidance


def test_the_catalogue_names_what_is_installed() -> None:
    assert {"onnx", "emotion", "hef"} <= set(available())


def test_unknown_plugin_suggests_the_nearest() -> None:
    with pytest.raises(UnknownPluginError, match="did you mean 'emotion'") as info:
        Emoplug(plugins=["emotoin"])
    assert info.value.plugin == "emotoin"


def test_unknown_hook_is_refused_with_the_nearest() -> None:
    class Typo:
        name = "typo"

        @hookimpl
        def raed(self, turn: Turn) -> None: ...

    with pytest.raises(PluginLoadError, match=r"unknown hook 'raed'.*'read'"):
        Emoplug(plugins=[Typo()])


def test_wrong_argument_is_refused() -> None:
    class Wrong:
        name = "wrong"

        @hookimpl
        def read(self, conversation: Any) -> None: ...

    with pytest.raises(PluginLoadError, match="conversation"):
        Emoplug(plugins=[Wrong()])


def test_the_same_plugin_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="listed twice"):
        Emoplug(plugins=[Every(), Every()])


def test_options_for_a_plugin_that_is_not_there_are_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean 'onnx'"):
        Emoplug(plugins=[], options={"onx": {"device": "cpu"}})


def test_unknown_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean 'device'"):
        Emoplug(plugins=["onnx"], options={"onnx": {"devise": "cpu"}})
