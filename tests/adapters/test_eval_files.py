from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from emoplug import InputError
from emoplug_eval._datasets import DATASETS
from emoplug_eval._files import Layout, Source, dialogues_of, locate
from emoplug_eval._rows import read_rows
from tests.adapters.eval_rows import COMMENTS, DIALOGUES, PAIRS, write

LAYOUT = Layout("goemotions")
CAUSES = DATASETS["reccon-span"].layout


def test_the_folder_of_a_data_set_the_folder_of_all_and_a_file_lead_to_the_same(
    tmp_path: Path,
) -> None:
    test = write(tmp_path / "goemotions" / "test.jsonl.gz", COMMENTS)
    train = write(tmp_path / "goemotions" / "train.jsonl.gz", COMMENTS)
    for given in (tmp_path, tmp_path / "goemotions", test):
        assert locate(given, LAYOUT) == Source(test, "test", train)


def test_files_need_not_be_gzipped(tmp_path: Path) -> None:
    plain = write(tmp_path / "test.jsonl", COMMENTS)
    assert locate(tmp_path, LAYOUT) == Source(plain, "test", None)
    assert [row.values for row in read_rows(plain)] == COMMENTS


def test_a_split_can_be_chosen_and_the_essays_fall_back_on_dev(tmp_path: Path) -> None:
    dev = write(tmp_path / "dev.jsonl.gz", COMMENTS)
    assert locate(tmp_path, LAYOUT, "dev").path == dev
    assert locate(tmp_path, DATASETS["wassa"].layout).split == "dev"
    with pytest.raises(InputError, match=r"no test.jsonl.gz; it holds dev.jsonl.gz"):
        locate(tmp_path, LAYOUT)
    with pytest.raises(InputError, match="chosen from a folder"):
        locate(dev, LAYOUT, "test")


def test_a_file_of_any_name_is_taken_as_it_is(tmp_path: Path) -> None:
    unseen = write(tmp_path / "unseen.jsonl.gz", COMMENTS)
    assert locate(unseen, LAYOUT) == Source(unseen, "", None)


def test_the_training_file_is_not_beside_itself(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl.gz", COMMENTS)
    assert locate(train, LAYOUT) == Source(train, "train", None)


def test_pairs_and_dialogues_find_each_other(tmp_path: Path) -> None:
    pairs = write(tmp_path / "pairs_fold1_test.jsonl.gz", PAIRS)
    with pytest.raises(InputError, match=r"put test.jsonl.gz \(dialogue_id, turns\) there"):
        dialogues_of(pairs)
    dialogues = write(tmp_path / "test.jsonl.gz", DIALOGUES)
    assert dialogues_of(pairs) == dialogues
    assert locate(tmp_path, CAUSES).path == pairs
    assert locate(dialogues, CAUSES).path == pairs
    other = write(tmp_path / "pairs_fold1_ie.jsonl.gz", PAIRS)
    assert dialogues_of(other) == dialogues, "there is no ie.jsonl.gz"
    own = write(tmp_path / "ie.jsonl.gz", DIALOGUES)
    assert dialogues_of(other) == own


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file or folder .*nowhere.*--list"):
        locate(tmp_path / "nowhere", LAYOUT)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"has no test.jsonl.gz; it holds no \*.jsonl.gz"):
        locate(tmp_path / "empty", LAYOUT)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(b'{"a": 1}\n')[:-9], "broken gzip file"),
        (b'{"a": 1}\n\xff\xfe{}\n', "line 2 is not UTF-8"),
        (b'{"a": 1}\n\n{"a": \n', "line 3 is not JSON"),
        (b'{"a": 1}\n[1, 2]\n', r"line 2 is \[1, 2\]; give one JSON object"),
        (b"[" * 100_000, "line 1 is not JSON"),
    ],
    ids=["empty", "blank", "torn", "bytes", "half", "list", "deep"],
)
def test_what_is_no_file_of_json_lines_is_said_with_its_line(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    path = tmp_path / "test.jsonl.gz"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=said) as caught:
        read_rows(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read_rows(tmp_path / "nowhere")
    with pytest.raises(InputError, match="Is a directory"):
        read_rows(tmp_path)
