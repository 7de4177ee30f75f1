from __future__ import annotations

import numpy as np
import pytest

from emoplug_emotion import EKMAN
from emoplug_emotion._mapping import by_map, by_rules
from emoplug_emotion._parameters import Mapped
from emoplug_emotion._taxonomy import LABEL_SETS
from tests.plugins.emotion_links import SETS


def test_rules_take_the_likeliest_by_hand() -> None:
    given = np.array([[0.04, 0.16, 0.64]])
    found = by_rules(LABEL_SETS["dailydialog"], ("love", "joy", "neutral"), given, 0.5)
    assert found is not None
    floor = 5 * 1e-4**0.5
    total = 0.4 + 0.8 + floor
    assert found[0, :5] == pytest.approx([0.8 / total, *[0.01 / total] * 3, 0.4 / total])


def test_a_map_by_hand() -> None:
    mapped = Mapped(("a", "b"), np.array([[1.0, 0.0], [0.0, 1.0]]), np.log([1.0, 3.0]))
    found = by_map(mapped, ("b", "c", "a"), np.array([[0.5, 0.9, 0.75]]))
    # Odds of a are 3, of b 1 and then 3 by the bias.
    assert found is not None
    assert found[0] == pytest.approx([0.5, 0.5])
    assert by_map(mapped, ("b", "c"), np.array([[0.5, 0.9]])) is None


@pytest.mark.parametrize("name", SETS)
def test_rules_know_every_label_of_goemotions_and_stay_in_the_set(name: str) -> None:
    chosen = LABEL_SETS[name]
    assert set(chosen.rules) == set(EKMAN)
    assert set(chosen.rules.values()) == set(chosen.labels)
    assert chosen.neutral in chosen.labels
