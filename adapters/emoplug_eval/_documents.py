"""Reads documents and what is asked of them: queries and their causes, and the one that differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from emoplug import InputError
from emoplug_eval._examples import Example, Examples, Scene
from emoplug_eval._files import SPLITS
from emoplug_eval._rows import Row, read_rows

_LEARNED = "train"
"""The split of RECCON that dialogue readers learn from."""
_FEWEST = 3
"""Of two that differ, neither is the odd one."""


def read_queries(path: Path) -> Examples:
    """Read Backtracing's lectures or news; right are the segments that caused a query.

    A query text is one row of its document, as in the paper's code: where it is asked twice, each
    cause of either counts.
    """
    scenes: list[Scene] = []
    rows: list[Example] = []
    for number, row in enumerate(read_rows(path)):
        segments = _segments(row)
        causes: dict[str, frozenset[int]] = {}
        for query in row.objects("queries"):
            text = query.text("text")
            if not text.strip():
                row.refuse("has a query without words", "give its 'text'")
            if text in segments:
                row.refuse("has a query among its segments", "leave it out of them")
            causes[text] = causes.get(text, frozenset()) | query.indices("causes", len(segments))
        scenes.append(Scene.by_one(*segments))
        document = row.text("document_id")
        rows += [Example(number, len(segments), causes[q], document, q) for q in causes]
    return Examples(tuple(scenes), tuple(rows))


def read_caused_turns(path: Path) -> Examples:
    """Read Backtracing's conversations; right are the earlier turns that caused a query turn.

    The query turn and all later ones are masked, so a cause among them is not counted. Dialogues
    that RECCON trains on are left out.
    """
    splits: Counter[str] = Counter()
    scenes: list[Scene] = []
    rows: list[Example] = []
    for row in read_rows(path):
        split = row.label("reccon_split", SPLITS)
        for scene, causes in _caused(row):
            splits[split] += 1
            if split == _LEARNED or not causes:
                continue
            rows.append(Example(len(scenes), len(scene.texts) - 1, causes, row.text("document_id")))
            scenes.append(scene)
    if not rows:
        raise InputError(f"{path} has no query outside RECCON's train split; nothing can be asked")
    return Examples(tuple(scenes), tuple(rows), tuple(_left_out(splits, len(rows))))


def read_odd_ones(path: Path) -> Examples:
    """Read LongEmotion's detection; right is the index of the segment whose emotion differs."""

    def examples() -> Iterator[tuple[Scene, int, str]]:
        for row in read_rows(path):
            segments = _segments(row)
            if len(segments) < _FEWEST:
                row.refuse(f"has {len(segments)} segments", f"give {_FEWEST} or more")
            yield Scene.by_one(*segments), row.index("odd", len(segments)), row.text("item_id")

    return Examples.of(examples())


def _segments(row: Row) -> list[str]:
    return [segment.text("text") for segment in row.objects("segments")]


def _caused(row: Row) -> Iterator[tuple[Scene, frozenset[int]]]:
    """Answer the turns up to each query turn, whose speaker is the user, and its causes."""
    texts = tuple(_segments(row))
    speakers = tuple(segment.text("speaker") for segment in row.objects("segments"))
    for query in row.objects("queries"):
        turn = query.index("segment", len(texts), low=1)
        if query.text("text") != texts[turn]:
            row.refuse(
                f"has a query that is not its segment {turn}", "give the index of the query turn"
            )
        causes = query.indices("causes", len(texts))
        scene = Scene(speakers[: turn + 1], texts[: turn + 1], speakers[turn], named=True)
        yield scene, frozenset(cause for cause in causes if cause < turn)


def _left_out(splits: Counter[str], kept: int) -> Iterator[str]:
    learned = splits[_LEARNED]
    if learned:
        yield (
            f"{learned:,} of {splits.total():,} queries are left out: their dialogues are in "
            "RECCON's train split, which dialogue readers learn from"
        )
    if splits.total() - learned > kept:
        yield (
            f"{splits.total() - learned - kept:,} queries are left out: no turn before them is "
            "among their causes"
        )
