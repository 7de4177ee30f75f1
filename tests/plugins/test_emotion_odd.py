from __future__ import annotations

import math

import numpy as np
import pytest

from emoplug import Emoplug, EmoplugError, Encoding
from emoplug_emotion import Readings

SAD = [
    "My dog died last week and I miss him so much.",
    "I cried all night, nothing feels right since she left.",
    "We lost grandma in March, and the house is empty.",
    "It hurts that I could not say goodbye to him.",
]
GLAD = "My dog won the first prize, I am so happy and proud of him!"


def told(emotions: list[list[float]], affect: list[list[float]] | None = None) -> Encoding:
    """Answer an encoding that tells this of each text."""
    count, labels = len(emotions), len(emotions[0])
    return Encoding(
        embeddings=np.eye(count, dtype=np.float32),
        labels=tuple("abcdef"[:labels]),
        emotions=np.array(emotions, dtype=np.float32),
        thresholds=np.full(labels, 0.5, dtype=np.float32),
        affect=np.array(affect or [[]] * count, dtype=np.float32),
        source="test",
    )


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx", "emotion"], permissive_only=True)


@pytest.mark.parametrize("place", range(5))
def test_the_text_that_feels_unlike_the_others_is_found_wherever_it_stands(
    emo: Emoplug, place: int
) -> None:
    readings = emo.plugins["emotion"]
    assert isinstance(readings, Readings)
    scores = readings.odd_one_out(emo.encode([*SAD[:place], GLAD, *SAD[place:]]))
    assert scores.shape == (5,)
    assert int(scores.argmax()) == place


def test_scores_by_hand() -> None:
    scores = Readings().odd_one_out(told([[0.1], [0.1], [0.4]]))
    # logs apart by log 4: the third lies that far from the others' mean, each other half as far
    assert scores == pytest.approx([(math.log(4) / 2) ** 2] * 2 + [math.log(4) ** 2], rel=1e-6)


def test_probabilities_below_one_in_a_hundred_are_alike() -> None:
    scores = Readings().odd_one_out(told([[0.01], [0.0], [1e-6]]))
    assert scores == pytest.approx([0.0] * 3)


def test_affect_counts_where_it_is_known() -> None:
    alike = [[0.5]] * 3
    scores = Readings().odd_one_out(told(alike, [[0.5, 0, 0], [-0.5, 0, 0], [0.5, 0, 0]]))
    # four times 1 between the second and the others
    assert scores == pytest.approx([4.0, 16.0, 4.0])


def test_an_encoder_of_affect_alone_is_enough_and_one_of_neither_is_refused() -> None:
    scores = Readings().odd_one_out(told([[]] * 3, [[0, 0, 0], [0, 0, 0], [1, 0, 0]]))
    assert int(scores.argmax()) == 2
    with pytest.raises(EmoplugError, match=r"knows no emotions; use one that does, such as onnx"):
        Readings().odd_one_out(told([[]] * 3))


@pytest.mark.parametrize("count", [1, 2])
def test_of_fewer_than_three_texts_none_is_the_odd_one(count: int) -> None:
    with pytest.raises(EmoplugError, match=f"none of {count} texts .* give 3 or more"):
        Readings().odd_one_out(told([[0.5]] * count))
