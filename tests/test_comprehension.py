from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from emoplug import Comprehension, Emoplug, EmotionView, PluginFailedError, Turn, hookimpl

CHAT = [{"role": "user", "content": "My cat died."}]
SURE: dict[str, Any] = {
    "views": {"meld": EmotionView(labels=("joy", "sadness"), probabilities=np.array([[0.1, 0.9]]))},
    "causes": np.array([0.8]),
    "cause_spans": {0: ((3, 11),)},
    "strategies": {"Question": 0.5},
    "ratings": {"distress": 5.0},
    "source": "sure",
}


class Sure:
    name = "sure"

    def __init__(self, **changes: Any) -> None:
        self.answer = Comprehension(**{**SURE, **changes})

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        return self.answer


def test_the_first_comprehension_goes_into_the_turn() -> None:
    turn = Emoplug(plugins=[Sure()]).prepare(CHAT)
    assert turn.comprehension is not None
    assert turn.comprehension.views["meld"].labels == ("joy", "sadness")
    assert turn.model_dump_json()


def test_nobody_can_write_into_it() -> None:
    turn = Emoplug(plugins=[Sure()]).prepare(CHAT)
    assert turn.comprehension is not None
    with pytest.raises(ValueError, match="read-only"):
        turn.comprehension.views["meld"].probabilities[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        turn.comprehension.causes[0] = 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"views": {"meld": EmotionView(labels=("joy",), probabilities=np.zeros((2, 1)))}},
            "view 'meld' does not fit 1 messages",
        ),
        ({"causes": np.zeros(3)}, "causes do not fit 1 messages"),
        ({"cause_spans": {0: ((3, 99),)}}, r"span \(3, 99\) is outside message 0"),
        ({"cause_spans": {4: ((0, 1),)}}, "points at message 4 of 1"),
        ({"strategies": {"Hugging": 0.5}}, "'Hugging' is no strategy"),
    ],
)
def test_an_answer_that_does_not_fit_the_turn_is_refused(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(PluginFailedError, match=told):
        Emoplug(plugins=[Sure(**changes)], on_error="raise").prepare(CHAT)
