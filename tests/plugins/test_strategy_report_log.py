from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emoplug import InputError
from emoplug_strategy._log import Said, read_log
from tests.plugins.strategy_logs import TALK, biased, written


def said(path: Path, supporter: str | None = None) -> list[tuple[Said, ...]]:
    return list(read_log(path, supporter).conversations.values())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("[]", "no reply of a helper"),
        ("Ann: hi\nBot: ", "no reply of a helper; speakers: Ann, Bot"),
        ("Ann: hello\nBob: hi", "--supporter"),
        ("just words", "line 1: is not 'Name: words'"),
        ('{"predicted": "Question"}', "line 1: has no 'true'"),
        ('{"predicted": "Question", "true": "Advise"}', "'Advise'"),
        ('{"predicted": "Questoin", "true": "Others"}', "did you mean 'Question'"),
        ('{"predicted": "Others", "true": "Others", "scores": [1]}', "eight of 0 to 1"),
        ('{"predicted": "Others", "true": "Others", "stage": "late"}', "stages: exploration"),
        ('{"a": 1}', "has a; give predicted and true"),
        ('{"messages": 3}', "no list"),
        ('{"messages": [{"content": "hi"}]}', "without 'role'"),
        ('{"messages": []}\n{"a"', "line 2: is no JSON"),
        ("{}\n[]", "has nothing"),
        ('{"predicted": "Others", "true": "Others"}\n[]', "line 2: is no JSON object"),
        ('[{"role": "user",\n"content"', "line 2: is no JSON"),
        ('[{"role": "user", "content": "a"}, 3]', "entry 2: is no JSON object"),
        ('{"messages": ' + "[" * 100_000, "nest too long"),
        ('{"predicted": "Others", "true": "Others", "stage": ["x"]}', "stages: exploration"),
        ('{"predicted": "Others", "true": "Others", "scores": [0,0,0,0,0,0,0,0]}', "of 0 to 1"),
        ('{"predicted": "Others", "true": "Others", "scores": {"Others": NaN}}', "of 0 to 1"),
        ('{"messages": [{"role": "user", "content": 3}]}', "content that is no text"),
        ('{"messages": [{"role": "bot", "content": "a", "strategy": "Q"}]}', "the strategy 'Q'"),
    ],
)
def test_a_log_that_cannot_be_read_says_where_and_what_to_do(
    tmp_path: Path, content: str, problem: str
) -> None:
    path = tmp_path / "log"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="log") as refused:
        read_log(path)
    assert problem in str(refused.value)


def test_a_binary_or_missing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\x7fELF\x00\x01")
    for name, problem in (("binary", "binary file"), ("missing", "No such file")):
        with pytest.raises(InputError, match=f"{name}.*{problem}"):
            read_log(tmp_path / name)


def test_a_byte_that_is_no_utf8_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"Ann: hi\nBot: caf\xe9\n")
    with pytest.raises(InputError, match="line 2: is not UTF-8"):
        read_log(tmp_path / "log")


def test_choices_and_conversations_do_not_mix(tmp_path: Path) -> None:
    path = written(tmp_path / "log", [biased(1)[0], {"messages": TALK}])
    with pytest.raises(InputError, match="one sort a file"):
        read_log(path)


def test_scores_may_be_a_list_in_the_order_of_strategies(tmp_path: Path) -> None:
    (row,) = biased(1)
    listed = {**row, "scores": list(row["scores"].values())}
    path = written(tmp_path / "log", [row, listed])
    one, other = read_log(path).choices
    assert one == other
    assert one.dialogue == row["dialogue_id"]


@pytest.mark.parametrize("indent", [None, 2])
def test_one_json_list_of_conversations_is_as_good_as_lines(
    tmp_path: Path, indent: int | None
) -> None:
    rows = [{"messages": TALK}, {"messages": TALK[:3]}]
    (tmp_path / "list").write_text(json.dumps(rows, indent=indent))
    assert said(tmp_path / "list") == said(written(tmp_path / "lines", rows))
    (tmp_path / "one").write_text(json.dumps(rows[0], indent=indent))
    assert said(tmp_path / "one") == said(tmp_path / "list")[:1]


def test_the_dialogues_of_esconv_are_read_with_their_annotations(tmp_path: Path) -> None:
    dialog: list[dict[str, Any]] = [
        {"speaker": "seeker", "content": "I failed.", "annotation": {"feedback": "5"}},
        {"speaker": "supporter", "content": "At what?", "annotation": {"strategy": "Question"}},
    ]
    (tmp_path / "log").write_text(json.dumps([{"emotion_type": "shame", "dialog": dialog}]))
    (talk,) = said(tmp_path / "log")
    assert talk == (Said(False, "I failed."), Said(True, "At what?", "Question"))


def test_a_conversation_logged_at_each_request_counts_once(tmp_path: Path) -> None:
    rows = [{"session": "s", "messages": TALK[:3]}, {"session": "s", "messages": TALK}]
    (talk,) = said(written(tmp_path / "again", rows))
    assert len(talk) == 4
    other = {"session": "s", "messages": TALK[3:]}
    assert len(said(written(tmp_path / "other", [rows[1], other]))) == 2


def test_conversations_of_the_number_0_and_of_none_stay_apart(tmp_path: Path) -> None:
    rows = [{"dialogue_id": 0, "messages": TALK[3:]}, {"messages": TALK[:3]}]
    assert list(read_log(written(tmp_path / "log", rows)).conversations) == ["0", "line 2"]


def test_content_may_be_parts_torn_or_have_odd_line_ends(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "What"}, {"type": "image_url"}, {"text": "now?"}]
    rows = [
        {"role": "user", "content": "torn \ud83d and a\u2028b"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "assistant", "content": parts},
    ]
    path = tmp_path / "log"
    path.write_text("\r\n".join(json.dumps(row) for row in rows))
    ((asked, answered),) = said(path)
    assert asked.text == "torn \N{REPLACEMENT CHARACTER} and a\u2028b"
    assert answered == Said(True, "What\nnow?")
    path.write_text(json.dumps({"role": "bot", "content": "a\u2028b"}, ensure_ascii=False))
    assert said(path) == [(Said(True, "a\u2028b"),)]


def test_a_line_without_a_name_goes_on_with_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text(
        "Ann: I got it.\nBut here it is: they refuse.\nSee https://example.org at 18:30\n"
        "Dr Sam: Oh no.\n\nAnn: Yes.\n"
    )
    (talk,) = said(path, "dr sam")
    assert [one.helper for one in talk] == [False, True, False]
    assert talk[0].text.count("\n") == 2
    assert talk[1].text == "Oh no."


def test_a_supporter_nobody_is_called_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = written(tmp_path / "log", TALK)
    with pytest.raises(InputError, match=r"did you mean 'assistant'.*speakers: user, assistant"):
        read_log(path, "asistant")
