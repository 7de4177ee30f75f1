"""Ways to ask the product: about the turns of conversations, or about the segments of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from emoplug import Emoplug
from emoplug_eval._answers import Answer, UnansweredError
from emoplug_eval._examples import Examples, Scene

Progress = Callable[[int, int], None]
"""Told how many conversations or documents of how many are done."""
BACKTRACE, EMOTION, STRATEGY = "backtrace", "emotion", "strategy"
DEPTH = 3
"""Segments that are asked for: as many as are scored."""
_BATCH = 256
"""Conversations whose turns are in memory at a time."""


@dataclass(frozen=True)
class Asked:
    """What the product answered.

    Attributes:
        predictions: One for each scored row.
        comprehended: Whether a dialogue reader had a part in it; ``None`` where none was asked.
    """

    predictions: list[Any]
    comprehended: bool | None = None


Ask = Callable[[Emoplug, Examples, Progress], Asked]
"""Asks about every row; what is right stays here.

Raises UnansweredError when what is on has nothing to say, EmoplugError when a plugin failed.
"""


def of_turns(answer: Answer) -> Ask:
    """Make a way to ask about conversations: ``answer`` takes predictions out of each turn."""

    def ask(emo: Emoplug, examples: Examples, progress: Progress) -> Asked:
        answers, comprehended = [], False
        total = len(examples.scenes)
        for start, scenes in _batches(examples.scenes):
            turns = emo.prepare_many(
                [scene.messages() for scene in scenes],
                progress=partial(_further, progress, start, total),
            )
            comprehended |= any(turn.comprehension is not None for turn in turns)
            answers += [answer(turn) for turn in turns]
        predictions = [answers[row.scene][row.message] for row in examples.rows]
        return Asked(predictions, comprehended)

    return ask


def of_queries(emo: Emoplug, examples: Examples, progress: Progress) -> Asked:
    """Ask which segments of a document caused each query about it."""
    tracer = method(emo, BACKTRACE, "tracer")
    answers: dict[int, Any] = {}
    predictions = []
    for row in examples.rows:
        if row.scene not in answers:
            answers[row.scene] = tracer(examples.scenes[row.scene].texts)
            progress(len(answers), len(examples.scenes))
        passages = answers[row.scene].trace(row.query, DEPTH)
        if not passages:
            raise UnansweredError(f"{BACKTRACE!r} finds no segment for the query {row.query!r}")
        predictions.append([passage.segment for passage in passages])
    return Asked(predictions)


def of_segments(emo: Emoplug, examples: Examples, progress: Progress) -> Asked:
    """Ask of each document how far the emotion of each segment is from that of the others."""
    odd_one_out = method(emo, EMOTION, "odd_one_out")
    scores = []
    for done, scene in enumerate(examples.scenes, start=1):
        scores.append(odd_one_out(emo.encode(scene.texts)))
        progress(done, len(examples.scenes))
    return Asked([scores[row.scene] for row in examples.rows])


def method(emo: Emoplug, plugin: str, name: str) -> Callable[..., Any]:
    """Find a method of a plugin that is on.

    Raises:
        UnansweredError: no such plugin is on, or it has no such method.
    """
    found: Callable[..., Any] | None = getattr(emo.plugins.get(plugin), name, None)
    if found is None:
        raise UnansweredError(
            f"no plugin {plugin!r} that is on has {name!r}; put it on, or update it"
        )
    return found


def _further(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _batches(scenes: Sequence[Scene]) -> Iterator[tuple[int, Sequence[Scene]]]:
    for start in range(0, len(scenes), _BATCH):
        yield start, scenes[start : start + _BATCH]
