from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from emoplug.store import Memory
from tests.store.store_contract import memory


def test_a_memory_keeps_a_vector_of_its_own_that_nobody_can_change() -> None:
    given = np.ones(4, dtype=np.float64)
    kept = memory("hi", vector=given)
    given[0] = 7
    assert kept.vector.tolist() == [1, 1, 1, 1]
    assert kept.vector.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        kept.vector[0] = 7


@pytest.mark.parametrize("vector", [np.ones((2, 2)), np.array([1.0, np.nan]), np.float32(1)])
def test_a_vector_is_one_row_of_finite_numbers(vector: object) -> None:
    with pytest.raises(ValidationError, match="one row of finite numbers"):
        memory("hi", vector=vector)


def test_the_key_is_who_said_what_and_nothing_else() -> None:
    key = memory("hi").key
    assert memory("hi", seed=3, timestamp=9.0, emotion="joy").key == key
    others = [memory("hi!"), memory("hi", role="assistant"), memory("hi", speaker="Ann")]
    assert len({key, *(other.key for other in others)}) == 4


def test_a_memory_survives_json() -> None:
    kept = memory("hi", emotion="joy", distribution={"joy": 0.5}, causes=("this",))
    again = Memory.model_validate_json(kept.model_dump_json())
    assert again.model_dump_json() == kept.model_dump_json()
    np.testing.assert_array_equal(again.vector, kept.vector)
