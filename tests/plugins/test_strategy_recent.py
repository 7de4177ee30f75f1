from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

from emoplug_strategy._recent import Recent


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    recent: Recent[str, int] = Recent(2)
    numbers = count()

    def get(key: str) -> int:
        return recent.get(key, lambda: next(numbers))

    assert [get(key) for key in ("a", "b", "a", "c", "a", "b")] == [0, 1, 0, 2, 0, 3]


def test_threads_that_ask_at_once_get_the_same() -> None:
    recent: Recent[int, object] = Recent(64)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: (n % 16, recent.get(n % 16, object)), range(800)))
    assert len({value for _, value in made}) == len({key for key, _ in made}) == 16
