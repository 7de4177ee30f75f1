from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from emoplug import InputError
from emoplug_backtrace import Segment, read_segments
from emoplug_backtrace._profiles import Choice, choose, shipped
from emoplug_backtrace._segments import as_segments


def written(folder: Path, text: str, name: str = "text.txt") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def texts(path: Path) -> list[str]:
    return [segment.text for segment in read_segments(path)]


def test_each_line_of_plain_text_is_a_segment(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffFirst. Still first.\r\n\r\n  Second.\n")
    assert texts(path) == ["First. Still first.", "Second."]


def test_of_a_single_line_each_sentence_is_a_segment_and_no_character_is_lost(
    tmp_path: Path,
) -> None:
    line = 'He said "go." Why (now?) I asked...  We left! no end'
    found = texts(written(tmp_path, line))
    assert found == ['He said "go."', "Why (now?)", "I asked...", "We left!", "no end"]


def test_json_lines_bring_speakers_and_times(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"text": "Hello.", "speaker": "Ann", "start": 1, "more": 0}\n\n{"text": "Hi."}',
        "talk.jsonl",
    )
    assert read_segments(path) == (
        Segment(text="Hello.", speaker="Ann", start=1.0),
        Segment(text="Hi."),
    )


def test_a_line_separator_within_a_json_string_ends_no_line(tmp_path: Path) -> None:
    path = written(tmp_path, '{"text": "one\u2028still one\x85"}\n', "talk.ndjson")
    assert texts(path) == ["one\u2028still one\x85"]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '"text"',
        "{}",
        '{"text": 3}',
        '{"text": "a", "start": "soon"}',
        '{"text": "a", "start": NaN}',
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_segment_is_named_with_its_file(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f'{{"text": "fine"}}\n\n{line}\n', "talk.jsonl")
    with pytest.raises(InputError, match=r'talk\.jsonl, line 3 is no segment; write \{"text"'):
        read_segments(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*gone\.txt"):
        read_segments(tmp_path / "gone.txt")
    with pytest.raises(InputError, match=r"cannot read .*; give a text file"):
        read_segments(tmp_path)
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match=r"latin\.txt.* in UTF-8"):
        read_segments(tmp_path / "latin.txt")
    with pytest.raises(InputError, match=r"text\.txt has no text"):
        read_segments(written(tmp_path, " \n\n"))


def test_segments_given_in_code_are_texts_or_segments() -> None:
    assert as_segments(["a", Segment(text="b")]) == (Segment(text="a"), Segment(text="b"))
    with pytest.raises(InputError, match="one text is no list"):
        as_segments("one text")
    with pytest.raises(InputError, match="no segments; give at least one"):
        as_segments([])
    wrong: list[object] = ["a", 3]
    with pytest.raises(InputError, match="segment 1 is a int; give a text or a Segment"):
        as_segments(wrong)  # type: ignore[arg-type]  # what is tested


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="finite"):
        Segment(text="a", start=float("inf"))


LINE = "so we take the derivative of this"
SENTENCE = "The company said on Tuesday that its income had grown by a tenth in the second quarter."


@pytest.mark.parametrize(
    ("segments", "name"),
    [
        ([Segment(text="Hi.", speaker="Ann", start=3.0), Segment(text="Hello.")], "conversation"),
        ([Segment(text=SENTENCE, start=0.0), Segment(text=SENTENCE)], "lecture"),
        ([Segment(text=LINE)] * 101, "lecture"),
        ([Segment(text=LINE)] * 100, "news"),
        ([Segment(text=SENTENCE)] * 101, "news"),
    ],
)
def test_the_profile_goes_by_speakers_times_number_and_length(
    segments: list[Segment], name: str
) -> None:
    assert choose("auto", segments) == name


def test_a_profile_that_is_asked_for_is_taken() -> None:
    choices: tuple[Choice, ...] = ("lecture", "news", "conversation")
    assert [choose(choice, [Segment(text=LINE)]) for choice in choices] == list(choices)


def test_shipped_profiles_weigh_what_their_texts_have() -> None:
    lecture, news, talk = shipped("lecture"), shipped("news"), shipped("conversation")
    assert lecture.clock > 0 == news.clock == talk.clock
    assert lecture.rerank > lecture.neighbours > 0
    assert news.rerank > news.neighbours > 0
    assert talk.nearness > 0 < talk.reader
