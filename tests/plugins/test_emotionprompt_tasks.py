from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emoplug import InputError
from emoplug_emotionprompt._match import Expected, score
from emoplug_emotionprompt._tasks import read_tasks
from tests.plugins.emotionprompt_server import write_tasks


def right(reply: str, answer: object, match: str, **more: Any) -> bool:
    answers = tuple(map(str, answer if isinstance(answer, list) else [answer]))
    return score(reply, Expected.model_validate({"kind": match, "answers": answers, **more})) == 1.0


@pytest.mark.parametrize(
    ("reply", "answer", "expected"),
    [
        ("Paris", "Paris", True),
        (' "paris."\n', "Paris", True),
        ("It is Paris.", "Paris", False),
        ("New  York", "new york", True),
        ("", "Paris", False),
        ("Rome", ["Paris", "Rome"], True),
    ],
)
def test_exact_forgives_case_white_space_and_a_full_stop(
    reply: str, answer: object, expected: bool
) -> None:
    assert right(reply, answer, "exact") is expected


def test_case_counts_where_asked() -> None:
    assert not right("paris", "Paris", "exact", case=True)
    assert not right("in paris", "Paris", "contains", case=True)
    assert not right("in paris", "P.ris", "regex", case=True)
    assert right("Paris", "Paris", "exact", case=True)


@pytest.mark.parametrize(
    ("reply", "answer", "expected"),
    [
        ("I think it is Paris, of course.", "paris", True),
        ("The start", "art", False),
        ("modern (art)", "art", True),
        ("C++ it is", "C++", True),
        ("naïve", "naive", False),
        ("We saw Lyon", ["Paris", "Lyon"], True),
    ],
)
def test_contains_looks_for_whole_words(reply: str, answer: object, expected: bool) -> None:
    assert right(reply, answer, "contains") is expected


@pytest.mark.parametrize(
    ("reply", "answer", "expected"),
    [
        ("42", 42, True),
        ("6 x 7 is 42.", 42, True),
        ("The total is $1,234.50.", 1234.5, True),
        ("It is 1,234", "1234", True),
        ("minus: -3", -3, True),
        ("\u22123", -3, True),
        ("42.0", 42, True),
        ("41", 42, False),
        ("no idea", 42, False),
        ("42. Confidence: 0.95", 42, True),
        ("42 (confidence score: 0.9)", 42, True),
        ("The answer is 42, with 95% confidence.", 42, True),
        ("42\n\n**Confidence score**:\n0.95", 42, True),
        ("I am confident.\nThe answer is 42", 42, True),
        (".5", 0.5, True),
    ],
)
def test_a_number_is_the_last_one_that_is_not_a_confidence(
    reply: str, answer: object, expected: bool
) -> None:
    assert right(reply, answer, "number") is expected


@pytest.mark.parametrize(
    ("reply", "answer", "expected"),
    [
        ("B", "B", True),
        ("(B) Canberra", "B", True),
        ("A good question. The answer is (B).", "B", True),
        ("It is not A, so the answer is B, not C", "B", True),
        ("Option B. Confidence: 0.9", "B", True),
        ("a lake and a river", "A", False),
        ("A or B", "B", False),
        ("Neither", "A", False),
    ],
)
def test_a_choice_is_the_only_one_named_or_that_of_the_conclusion(
    reply: str, answer: str, expected: bool
) -> None:
    assert right(reply, answer, "choice", choices=("A", "B", "C")) is expected


def test_choices_may_be_words_and_one_may_hold_another() -> None:
    choices = ("agree", "strongly agree")
    assert right("I strongly agree.", "strongly agree", "choice", choices=choices)
    assert not right("I strongly agree.", "agree", "choice", choices=choices)
    assert right("Negative", "negative", "choice", choices=("positive", "negative"))


def test_a_pattern_is_searched_for() -> None:
    assert right("It was in 1989.", r"\b19[89]\d\b", "regex")
    assert not right("It was in 1969.", r"\b19[89]\d\b", "regex")


def test_tasks_are_read_in_order_with_all_their_fields(tmp_path: Path) -> None:
    path = write_tasks(
        tmp_path / "tasks.jsonl",
        {"prompt": "2 + 2?", "answer": 4, "match": "number"},
        {
            "id": "capital",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "Capital of France?"}]},
            ],
            "answer": ["Paris", "paris"],
        },
        {"id": 7, "prompt": "A or B?", "answer": "A", "match": "choice", "choices": ["A", "B"]},
    )
    path.write_text("\ufeff" + path.read_text() + "\n \n", encoding="utf-8")
    sum_, capital, choice = read_tasks(path)
    assert (sum_.id, capital.id, choice.id) == ("1", "capital", "7")
    assert sum_.messages == ({"role": "user", "content": "2 + 2?"},)
    assert [message["role"] for message in capital.messages] == ["system", "user"]
    assert (capital.expected.kind, capital.expected.answers) == ("contains", ("Paris", "paris"))
    assert choice.expected.choices == ("A", "B")
    assert [task.id for task in read_tasks(path, limit=2)] == ["1", "capital"]


FINE = {"prompt": "2 + 2?", "answer": 4}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("not json", "no JSON"),
        ("[1]", "no JSON object"),
        ({"prompt": "x"}, "answer: Field required"),
        ({"answer": "x"}, "either prompt or messages"),
        ({**FINE, "messages": []}, "either prompt or messages"),
        ({**FINE, "anwser": 1}, r"unknown field 'anwser' \(did you mean 'answer'\?\)"),
        ({**FINE, "match": "fuzzy"}, "match: Input should be"),
        ({**FINE, "answer": " "}, "answer is blank"),
        ({**FINE, "answer": []}, "answer"),
        ({**FINE, "answer": True}, "answer"),
        ({**FINE, "answer": "four", "match": "number"}, "no number"),
        ({**FINE, "answer": "(", "match": "regex"}, "no pattern"),
        ({**FINE, "answer": "A", "match": "choice"}, "needs all choices"),
        ({**FINE, "answer": "C", "match": "choice", "choices": ["A", "B"]}, "needs all choices"),
        ({**FINE, "choices": ["A", "B"]}, '"match": "choice"'),
        ({"prompt": "  ", "answer": 4}, "asks nothing"),
        ({"messages": [{"role": "system", "content": "x"}], "answer": 4}, "asks nothing"),
        ({"messages": [{"role": "tool", "content": "x"}], "answer": 4}, "messages"),
        ({"messages": [{"role": "user", "content": None}], "answer": 4}, "messages"),
        ({**FINE, "id": "fine"}, "id 'fine' is that of line 1"),
    ],
)
def test_a_bad_row_is_named_with_file_line_and_fix(
    tmp_path: Path, row: object, problem: str
) -> None:
    path = tmp_path / "tasks.jsonl"
    line = row if isinstance(row, str) else json.dumps(row)
    path.write_text(f"{json.dumps({'id': 'fine', **FINE})}\n{line}\n")
    with pytest.raises(InputError, match=rf"tasks\.jsonl, line 2: .*{problem}"):
        read_tasks(path)


def test_a_file_without_tasks_or_words_is_refused(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty.jsonl", tmp_path / "binary.jsonl"
    empty.write_text("\n\n")
    binary.write_bytes(b"\xff\xfe\x00")
    for path, problem in (
        (empty, "no task"),
        (binary, "cannot read"),
        (tmp_path / "gone", "cannot read"),
    ):
        with pytest.raises(InputError, match=problem):
            read_tasks(path)
