"""Reads each data set, in the formats of ``README.md`` here, into examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from emoplug import InputError
from emoplug_eval._examples import Example, Examples, Scene
from emoplug_eval._files import dialogues_of
from emoplug_eval._labels import EMPATHETICDIALOGUES, GOEMOTIONS
from emoplug_eval._rows import Row, read_rows

Reader = Callable[[Path], Examples]


def read_comments(path: Path) -> Examples:
    """Read GoEmotions; right are the indices of a text's labels. A row is a group of its own."""

    def examples() -> Iterator[tuple[Scene, frozenset[int], str]]:
        for row in read_rows(path):
            named = row.get("labels")
            if not isinstance(named, list) or not named:
                row.refuse("has no list of labels", "give 'labels': [\"joy\"]")
            labels = (row.known(label, "label", GOEMOTIONS) for label in named)
            gold = frozenset(GOEMOTIONS.index(label) for label in labels)
            yield Scene.by_one(row.text("text")), gold, row.group("")

    return Examples.of(examples())


def read_sentences(path: Path) -> Examples:
    """Read EmoBank; right are valence, arousal, dominance in 1..5. A document is a group."""
    return Examples.of(
        (
            Scene.by_one(row.text("text")),
            tuple(row.number(field, 1, 5) for field in "VAD"),
            row.group("document"),
        )
        for row in read_rows(path)
    )


def read_essays(path: Path) -> Examples:
    """Read WASSA; right are empathy and distress in 1..7. A writer is a group."""
    return Examples.of(
        (
            Scene.by_one(row.text("text")),
            (row.number("empathy", 1, 7), row.number("distress", 1, 7)),
            row.group("writer"),
        )
        for row in read_rows(path)
    )


def utterance_reader(labels: Sequence[str], *, named: bool) -> Reader:
    """Make a reader of labelled utterances: each is asked about with what was said before it."""

    def examples(path: Path) -> Iterator[tuple[Scene, int, str]]:
        said: dict[str, list[tuple[int, str, str]]] = {}
        for row in read_rows(path):
            dialogue, speaker = row.text("dialogue_id"), row.text("speaker")
            before, turn = said.setdefault(dialogue, []), row.whole("turn")
            if before and turn <= before[-1][0]:
                row.refuse(
                    f"has turn {turn} of {dialogue!r} after turn {before[-1][0]}",
                    "keep the turns of a dialogue in order, so that none is read too early",
                )
            before.append((turn, speaker, row.text("text")))
            _, speakers, texts = zip(*before, strict=True)
            gold = labels.index(row.label("emotion", labels))
            yield Scene(speakers, texts, speaker, named), gold, dialogue

    return lambda path: Examples.of(examples(path))


def read_situations(path: Path) -> Examples:
    """Read EmpatheticDialogues: each listener turn asks with what was said before it."""

    def examples() -> Iterator[tuple[Scene, int, str]]:
        for row in read_rows(path):
            label = row.label("emotion", EMPATHETICDIALOGUES)
            gold, dialogue = EMPATHETICDIALOGUES.index(label), row.text("dialogue_id")
            turns = row.objects("turns")
            speakers = tuple(turn.label("speaker", ("speaker", "listener")) for turn in turns)
            texts = tuple(turn.text("text") for turn in turns)
            for place, speaker in enumerate(speakers):
                if speaker == "listener" and place > 0:
                    yield Scene(speakers[:place], texts[:place], "speaker"), gold, dialogue

    found = Examples.of(examples())
    if not found.rows:
        raise InputError(f"{path} has no listener turn after another turn; nothing can be asked")
    return found


def read_cause_labels(path: Path) -> Examples:
    """Read RECCON's pairs: right is 1 for a cause, else 0."""
    return _pairs(path, _cause)


def read_cause_spans(path: Path) -> Examples:
    """Read RECCON's pairs: right are the causing words, none where it is no cause."""
    return _pairs(path, lambda row: _span(row) if _cause(row) else "")


def _cause(row: Row) -> int:
    label = row.whole("label")
    if label > 1:
        row.refuse(f"has label {label}", "give 1 for a cause, 0 for none")
    return label


def _span(row: Row) -> str:
    span = row.text("span")
    if not span.strip():
        row.refuse("is a cause with an empty 'span'", "give the causing words")
    return span


def _pairs(path: Path, gold: Callable[[Row], Any]) -> Examples:
    """Gather the rows about one target turn: they ask about one conversation."""
    pairs = read_rows(path)
    pairs[0].get("target_turn")  # before looking for dialogues that another data set has not
    dialogues, home = _dialogues(path)
    scenes: list[Scene] = []
    known: dict[tuple[str, int], int] = {}
    rows = []
    for row in pairs:
        name, target = row.text("dialogue_id"), row.whole("target_turn", 1)
        cause = row.whole("cause_turn", 1)
        if name not in dialogues:
            row.refuse(f"is about {name!r}, which {home} has not", "give its dialogues")
        if not cause <= target <= len(dialogues[name]):
            row.refuse(
                f"asks about turn {cause} for turn {target} of {len(dialogues[name])}",
                "a cause is no later than its target, and both are in the dialogue",
            )
        if (name, target) not in known:
            known[name, target] = len(scenes)
            speakers, texts = zip(*dialogues[name][:target], strict=True)
            scenes.append(Scene(speakers, texts, speakers[-1]))
        rows.append(Example(known[name, target], cause - 1, gold(row), name))
    return Examples(tuple(scenes), tuple(rows))


def _dialogues(pairs: Path) -> tuple[dict[str, list[tuple[str, str]]], Path]:
    """Answer (speaker, text) of each turn by dialogue, and the file they are from."""
    home = dialogues_of(pairs)
    found = {}
    for row in read_rows(home):
        turns = row.objects("turns")
        for place, turn in enumerate(turns, start=1):
            if turn.whole("turn") != place:
                row.refuse(f"has turn {turn.get('turn')} in place {place}", "count turns from 1")
        found[row.text("dialogue_id")] = [(t.text("speaker"), t.text("text")) for t in turns]
    return found, home
