"""Recall from documents, and what is kept of them between starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emoplug import Emoplug, InputError, SettingsError, StoreError
from emoplug.store import SqliteStore
from emoplug_recall import Recall
from tests.plugins.recall_words import Words, ask, recalled, tell, user, with_recall

TIDES = "The tide follows the moon around the earth, twice a day. "
BREAD = "Good bread needs flour, water, salt and a warm oven. "
ASKED = "how does the tide follow the moon"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.md"
    path.write_text(f"# Tides\n\n{TIDES * 12}\n\n# Bread\n\n{BREAD * 12}\n", encoding="utf-8")
    return path


def reading(words: Words, *paths: Path, index: Path | None = None) -> Emoplug:
    options = Recall.Options(
        documents=tuple(str(path) for path in paths), index=str(index) if index else None
    )
    return with_recall(Recall(options), words)


def test_the_chunk_that_answers_is_recalled_word_for_word(notes: Path) -> None:
    emo = reading(Words(), notes)
    first, *_ = ask(emo, ASKED, session=None).passages
    assert TIDES.strip() in first.text
    assert first.text in notes.read_text(encoding="utf-8")
    assert (first.document, first.segment) == (str(notes), 0)
    assert first.speaker is None
    assert first.timestamp is None


def test_sessions_and_documents_are_ranked_together(notes: Path) -> None:
    recall = Recall(Recall.Options(store=":memory:", documents=(str(notes),)))
    emo = with_recall(recall)
    tell(emo, "i saw the tide follow the moon")
    passages = ask(emo, ASKED).passages
    assert {passage.document for passage in passages} == {"ann", str(notes)}
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)


def test_lines_of_json_say_who_and_when(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    rows = [
        {"text": "good bread needs flour", "speaker": "Bob", "timestamp": 86_400},
        {"text": "the tide follows the moon", "speaker": 7},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8-sig")
    emo = reading(Words(), path)
    turn = ask(emo, "what does bread need, good flour", session=None)
    (passage,) = turn.passages
    assert (passage.speaker, passage.timestamp, passage.segment) == ("Bob", 86_400.0, 0)
    assert '"talk.jsonl", "Bob", 1970-01-02: "good bread needs flour"' in turn.guidance_text
    (passage,) = ask(emo, ASKED, session=None).passages
    assert (passage.speaker, passage.timestamp, passage.segment) == (None, None, 1)


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text('{"text": "the tide\u2028follows the moon"}', encoding="utf-8")
    assert recalled(reading(Words(), path), ASKED) == ["the tide\u2028follows the moon"]


def test_documents_are_encoded_once_and_kept(tmp_path: Path, notes: Path) -> None:
    first, second = Words(), Words()
    found = recalled(reading(first, notes, index=tmp_path / "kept"), ASKED)
    assert any(text in first.asked for text in found)
    assert recalled(reading(second, notes, index=tmp_path / "kept"), ASKED) == found
    assert set(second.asked) == {"", ASKED}


def test_of_a_changed_document_only_what_is_new_is_encoded(tmp_path: Path, notes: Path) -> None:
    recalled(reading(Words(), notes, index=tmp_path / "kept"), ASKED)
    notes.write_text(notes.read_text(encoding="utf-8") + "\n\nSalt is cheap.", encoding="utf-8")
    words = Words()
    emo = reading(words, notes, index=tmp_path / "kept")
    emo.warm_up()
    new = [text for text in words.asked if text]
    assert len(new) == 1
    assert new[0].endswith("Salt is cheap.")
    assert new[0] in recalled(emo, "what is good bread, salt is cheap and water and flour")


def test_what_is_no_longer_in_the_documents_is_no_longer_kept(tmp_path: Path, notes: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("my locker has the number four", encoding="utf-8")
    folder = tmp_path / "kept"
    reading(Words(), notes, other, index=folder).warm_up()
    store = folder / "documents.sqlite"
    assert b"locker" in store.read_bytes()
    reading(Words(), notes, index=folder).warm_up()
    assert b"locker" not in store.read_bytes()
    assert SqliteStore(store).sessions() == [str(notes)]


def test_what_was_cut_from_a_document_is_no_longer_kept(tmp_path: Path) -> None:
    path, folder = tmp_path / "notes.txt", tmp_path / "kept"
    for text in ("my locker has the number four", "my locker has no number"):
        path.write_text(text, encoding="utf-8")
        reading(Words(), path, index=folder).warm_up()
    kept = (folder / "documents.sqlite").read_bytes()
    assert b"has no number" in kept
    assert b"number four" not in kept


def test_another_encoder_encodes_anew(tmp_path: Path, notes: Path) -> None:
    reading(Words(), notes, index=tmp_path / "kept").warm_up()
    other = Words("other")
    reading(other, notes, index=tmp_path / "kept").warm_up()
    assert len(other.asked) > 2


def test_a_damaged_folder_is_named(tmp_path: Path, notes: Path) -> None:
    folder = tmp_path / "kept"
    reading(Words(), notes, index=folder).warm_up()
    store = folder / "documents.sqlite"
    store.write_bytes(store.read_bytes()[:5000])
    with pytest.raises(StoreError, match=r"documents\.sqlite is damaged"):
        reading(Words(), notes, index=folder).warm_up()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, notes: Path) -> None:
    with pytest.raises(StoreError, match=r"notes\.md.*give another `index`"):
        reading(Words(), notes, index=notes / "kept").warm_up()


def test_equal_chunks_have_places_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text('{"text": "hello there"}\n' * 3 + '{"text": "tide and moon"}', encoding="utf-8")
    (passage,) = ask(reading(Words(), path), "the tide, the moon", session=None).passages
    assert passage.segment == 3


def test_an_empty_document_has_nothing_to_recall(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(" \n", encoding="utf-8")
    emo = reading(Words(), path)
    assert recalled(emo, ASKED) == []
    recall = emo.plugins["recall"]
    assert isinstance(recall, Recall)
    assert recall.diagnose()["documents"] == "1, in 0 chunks"


def test_a_missing_document_is_named_with_the_option_to_correct(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"lost\.md.*correct `documents`"):
        reading(Words(), tmp_path / "lost.md").warm_up()


@pytest.mark.parametrize(
    ("line", "problem"), [("{", "is no JSON"), ('{"words": 1}', "has no text"), ("[]", "no text")]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(InputError, match=rf"line 2 of .*talk\.jsonl.*{problem}"):
        reading(Words(), path).warm_up()


def test_a_bad_document_costs_the_recall_and_not_the_turn(tmp_path: Path) -> None:
    recall = Recall(Recall.Options(documents=(str(tmp_path / "lost.md"),)))
    turn = Emoplug(plugins=[Words(), recall], deadline=60).prepare([user(ASKED)])
    assert "correct `documents`" in turn.degraded[0].reason
