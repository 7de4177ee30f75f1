from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emoplug import InputError
from emoplug_eval._baselines import chance, recency
from emoplug_eval._benchmarks import BENCHMARKS, find
from emoplug_eval._bm25 import bm25
from emoplug_eval._examples import Example, Examples, Scene
from emoplug_eval._files import locate
from tests.adapters.eval_documents import ITEMS, LECTURES, TALKS
from tests.adapters.eval_rows import write

ROWS: dict[str, Any] = {
    "backtracing-lecture": LECTURES,
    "backtracing-conversation": TALKS,
    "longemotion-detection": ITEMS,
}


def read(name: str, rows: Any, folder: Path) -> Examples:
    return find(name).read(write(folder / "unseen.jsonl", rows))


def test_a_text_that_is_asked_twice_is_one_row_and_each_cause_of_either_counts(
    tmp_path: Path,
) -> None:
    found = read("backtracing-lecture", LECTURES, tmp_path)
    assert [(row.query, row.gold) for row in found.rows] == [
        ("Which matrix has them?", {1, 3}),
        ("What is a determinant?", {2}),
        ("Do lions really sleep?", {1}),
    ]
    assert [row.group for row in found.rows] == ["l", "l", "m"]
    assert [len(found.candidates(row)) for row in found.rows] == [4, 4, 2], "all segments"
    assert [len(scene.texts) for scene in found.scenes] == [4, 2]


def test_the_same_query_about_another_document_is_another_row(tmp_path: Path) -> None:
    twice = [LECTURES[1], {**LECTURES[1], "document_id": "n"}]
    assert [row.scene for row in read("backtracing-news", twice, tmp_path).rows] == [0, 1]


def test_a_query_turn_and_all_after_it_are_masked_and_no_gold(tmp_path: Path) -> None:
    found = read("backtracing-conversation", TALKS, tmp_path)
    assert [scene.messages() for scene in found.scenes] == [
        [
            {"role": "assistant", "content": "My cat is gone.", "name": "A"},
            {"role": "user", "content": "Oh no!", "name": "B"},
            {"role": "assistant", "content": "I looked for her all night.", "name": "A"},
            {"role": "user", "content": "Poor you, your cat is gone!", "name": "B"},
        ]
    ]
    (row,) = found.rows
    assert (row.gold, row.group) == ({0}, "te_1")
    assert found.query(row) == "Poor you, your cat is gone!"
    assert len(found.candidates(row)) == 3


def test_notes_say_how_many_queries_are_left_out_and_why(tmp_path: Path) -> None:
    assert read("backtracing-conversation", TALKS, tmp_path).notes == (
        "1 of 3 queries are left out: their dialogues are in RECCON's train split, which "
        "dialogue readers learn from",
        "1 queries are left out: no turn before them is among their causes",
    )
    assert read("backtracing-conversation", TALKS[:1], tmp_path).notes == ()
    assert read("backtracing-conversation", TALKS, tmp_path).first(1).notes != ()


def test_a_file_of_nothing_but_training_dialogues_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no query outside RECCON's train split"):
        read("backtracing-conversation", TALKS[1:2], tmp_path)


def test_an_item_is_one_row(tmp_path: Path) -> None:
    found = read("longemotion-detection", ITEMS, tmp_path)
    assert [(row.gold, row.group) for row in found.rows] == [(1, "ed_0"), (2, "ed_1")]
    assert [len(scene.texts) for scene in found.scenes] == [4, 3]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("backtracing-lecture", {"segments": []}, "has 'segments' []; give a list of objects"),
        ("backtracing-lecture", {"queries": [{"text": "?"}]}, "has no field 'causes'"),
        (
            "backtracing-lecture",
            {"queries": [{"text": "?", "causes": []}]},
            "has 'causes' []; give a list of indices from 0",
        ),
        (
            "backtracing-lecture",
            {"queries": [{"text": "?", "causes": [1, 4]}]},
            "has 'causes' 4 of 4; give an index from 0",
        ),
        (
            "backtracing-lecture",
            {"queries": [{"text": "Shall we start?", "causes": [1]}]},
            "has a query among its segments; leave it out of them",
        ),
        (
            "backtracing-lecture",
            {"queries": [{"text": " ", "causes": [1]}]},
            "has a query without words; give its 'text'",
        ),
        ("backtracing-conversation", {"reccon_split": "fold1"}, 'unknown reccon_split "fold1"'),
        (
            "backtracing-conversation",
            {"queries": [{"segment": 5, "text": "Thank you.", "causes": [0]}]},
            "has 'segment' 5 of 5; give an index from 1",
        ),
        (
            "backtracing-conversation",
            {"queries": [{"segment": 0, "text": "My cat is gone.", "causes": [0]}]},
            "has a 'segment' that is 0; give a whole number from 1",
        ),
        (
            "backtracing-conversation",
            {"queries": [{"segment": 3, "text": "Thank you.", "causes": [0]}]},
            "has a query that is not its segment 3; give the index of the query turn",
        ),
        ("longemotion-detection", {"odd": 4}, "has 'odd' 4 of 4; give an index from 0"),
        ("longemotion-detection", {"segments": [{"text": "a"}] * 2}, "has 2 segments; give 3"),
    ],
)
def test_a_wrong_value_is_said_with_line_and_fix(
    tmp_path: Path, name: str, change: Any, said: str
) -> None:
    first, *rest = ROWS[name]
    with pytest.raises(InputError) as caught:
        read(name, [{**first, **change}, *rest], tmp_path)
    assert "unseen.jsonl, line 1 " in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ROWS)
def test_the_file_is_found_in_its_folder_and_in_that_of_all(tmp_path: Path, name: str) -> None:
    layout = BENCHMARKS[name].dataset.layout
    path = write(tmp_path / layout.folder / layout.name(layout.single), ROWS[name])
    for given in (tmp_path, path.parent, path):
        source = locate(given, layout)
        assert (source.path, source.split, source.train) == (path, "", None)
    assert BENCHMARKS[name].dataset.files == f"{layout.folder}/{path.name}"
    with pytest.raises(InputError, match=f"has no dev.jsonl.gz; it holds {path.name}"):
        locate(tmp_path, layout, "dev")


def test_bm25_ranks_by_shared_words_whatever_their_case_and_marks(tmp_path: Path) -> None:
    found = read("backtracing-lecture", LECTURES, tmp_path)
    ranked = [list(ranking) for ranking in bm25(found, found)]
    assert ranked[0] == [1, 0, 2, 3], "'matrix' is in one; of equals the first comes first"
    assert ranked[1][0] == 3, "'determinant'"
    assert ranked[2] == [1, 0]


def test_bm25_knows_nothing_of_what_comes_after_a_query_turn(tmp_path: Path) -> None:
    found = read("backtracing-conversation", TALKS, tmp_path)
    assert [list(ranking) for ranking in bm25(found, found)] == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("segments", "query"),
    [(["...", "the the"], "The cat?"), (["A cat.", "A dog."], "the?")],
    ids=["no words in the document", "no words in the query"],
)
def test_bm25_without_any_word_keeps_the_order(segments: list[str], query: str) -> None:
    row = Example(0, 2, frozenset({0}), "d", query)
    found = Examples((Scene.by_one(*segments),), (row,))
    assert [list(ranking) for ranking in bm25(found, found)] == [[0, 1]]


def test_recency_ranks_the_other_speaker_first_and_each_by_nearness() -> None:
    scene = Scene(tuple("ABBAAB"), tuple("uvwxyz"), "B")
    found = Examples((scene,), (Example(0, 5, frozenset({0}), "d"),))
    assert list(recency(found, found)) == [[4, 3, 0, 2, 1]]


def test_chance_tells_nothing_apart(tmp_path: Path) -> None:
    found = read("longemotion-detection", ITEMS, tmp_path)
    assert [list(scores) for scores in chance(found, found)] == [[0.0] * 4, [0.0] * 3]
