from __future__ import annotations

import pytest
from emoplug_asks import Asks

from emoplug import Emoplug
from emoplug.testing import check_plugin


def test_it_keeps_the_contract() -> None:
    check_plugin(Asks)


@pytest.mark.parametrize(
    ("reply", "score"),
    [("How did that feel?", 1.0), ("Are you well?", 0.5), ("I hear you.", 0.0)],
)
def test_open_questions_score_most(reply: str, score: float) -> None:
    emo = Emoplug(plugins=[Asks()])
    turn = emo.prepare([{"role": "user", "content": "I failed."}])
    assert emo.review(turn, reply).findings[0].score == score
