from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document

from emoplug import StoreBusyError, StoreError
from emoplug_langchain import FaissStore
from tests.adapters.langchain_embeddings import Compass

SAVED = [
    Document(str(n), id=f"no {n}", metadata={"n": n, "of": ["é", "\u2028", "\ud83d"]})
    for n in (0, 90)
]


def saved(folder: Path) -> FaissStore:
    store = FaissStore.from_documents(SAVED, Compass())
    store.save_local(folder)
    return store


def opened(folder: Path, **options: Any) -> list[Document]:
    return FaissStore.open(folder, Compass(), **options).similarity_search("1", k=9)


def full(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != "writer.lock"}


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    store = saved(tmp_path / "a" / "b")
    there = FaissStore.open(str(tmp_path / "a" / "b"), Compass())
    assert opened(tmp_path / "a" / "b") == SAVED
    assert there.similarity_search_with_score("7", k=2) == store.similarity_search_with_score(
        "7", k=2
    )
    assert there.get_by_ids(["no 90"]) == [SAVED[1]]


def test_what_was_changed_and_saved_again_comes_back_so(tmp_path: Path) -> None:
    store = saved(tmp_path)
    store.add_texts(["180"], ids=["no 0"])
    store.delete(["no 90"])
    store.save_local(tmp_path)
    assert opened(tmp_path) == [Document("180", id="no 0")]
    assert len(files(tmp_path)) == 4  # index.json, vectors, rows, documents: nothing is left over


def test_no_deleted_word_is_left_on_disk_after_a_save(tmp_path: Path) -> None:
    store = FaissStore.from_texts(["12345"], Compass(), [{"secret": "swordfish"}], ids=["x"])
    store.save_local(tmp_path)
    store.delete(["x"])
    store.save_local(tmp_path)
    for path in tmp_path.iterdir():
        assert b"12345" not in path.read_bytes()
        assert b"swordfish" not in path.read_bytes()
    assert opened(tmp_path) == []


def test_a_store_without_documents_can_be_saved_and_filled_later(tmp_path: Path) -> None:
    with_none = FaissStore(Compass())
    with_none.save_local(tmp_path)
    with_none.close()
    store = FaissStore.open(tmp_path, Compass(), write=True)
    store.add_documents(SAVED)
    store.save_local(tmp_path)
    assert opened(tmp_path) == SAVED


def test_one_writes_while_others_read(tmp_path: Path) -> None:
    writer = saved(tmp_path)
    with pytest.raises(StoreBusyError):
        FaissStore.open(tmp_path, Compass(), write=True)
    reader = FaissStore.open(tmp_path, Compass())
    for change in (
        lambda: reader.add_texts(["10"]),
        lambda: reader.delete(["no 0"]),
        lambda: reader.delete(),
        lambda: reader.save_local(tmp_path),
        lambda: reader.save_local(tmp_path / "copy"),
    ):
        with pytest.raises(StoreError, match="write=True"):
            change()
    assert reader.similarity_search("1", k=9) == opened(tmp_path) == SAVED
    writer.close()
    FaissStore.open(tmp_path, Compass(), write=True).close()


def test_does_not_write_over_another_store(tmp_path: Path) -> None:
    saved(tmp_path).close()
    before = files(tmp_path)
    with pytest.raises(StoreError, match="belongs to an index saved before"):
        FaissStore.from_texts(["10"], Compass()).save_local(tmp_path)
    assert files(tmp_path) == before
    assert opened(tmp_path) == SAVED


def test_a_copy_goes_to_another_folder(tmp_path: Path) -> None:
    store = saved(tmp_path / "one")
    store.delete(["no 0"])
    store.save_local(tmp_path / "two")
    assert opened(tmp_path / "one") == SAVED
    assert opened(tmp_path / "two") == SAVED[1:]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_save_leaves_the_last_good_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = saved(tmp_path)
    before = files(tmp_path)
    store.add_texts(["180"], ids=["no 0"])
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StoreError, match="No space left"):
            store.save_local(tmp_path)
    assert files(tmp_path) == before
    assert opened(tmp_path) == SAVED
    store.save_local(tmp_path)
    assert [document.page_content for document in opened(tmp_path)] == ["90", "180"]


def test_a_save_that_cannot_tidy_up_is_a_save_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = saved(tmp_path)
    store.add_texts(["180"], ids=["no 0"])
    unlink = Path.unlink

    def stuck(path: Path, missing_ok: bool = False) -> None:
        if path.name.startswith("vectors"):
            full()
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stuck)
        with pytest.raises(StoreError, match="cannot be deleted"):
            store.save_local(tmp_path)
    assert [document.page_content for document in opened(tmp_path)] == ["90", "180"]
    store.save_local(tmp_path)
    assert [document.page_content for document in opened(tmp_path)] == ["90", "180"]
    assert len(files(tmp_path)) == 4


def test_a_first_save_that_fails_leaves_no_words_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        saved(tmp_path)
    assert files(tmp_path) == set()


def test_a_kill_at_any_moment_leaves_the_old_state_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, snapshots = tmp_path / "store", list[Path]()
    store = saved(folder)
    store.add_texts(["180"], ids=["no 0"])

    def snapshot(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            snapshots.append(tmp_path / str(len(snapshots)))
            shutil.copytree(folder, snapshots[-1])
            return function(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for owner, name in ((os, "fsync"), (os, "replace"), (Path, "unlink")):
            patch.setattr(owner, name, snapshot(getattr(owner, name)))
        store.save_local(folder)
    seen = [[document.page_content for document in opened(one)] for one in snapshots]
    assert ["0", "90"] in seen
    assert ["90", "180"] in seen
    assert seen == sorted(seen)  # first the old state, then the new one, and nothing else
    assert {tuple(state) for state in seen} == {("0", "90"), ("90", "180")}
    for one, state in zip(snapshots, seen, strict=True):
        again = FaissStore.open(one, Compass(), write=True)
        again.save_local(one)
        assert [document.page_content for document in opened(one)] == state
        assert len(files(one)) == 4


def documents_of(folder: Path) -> Path:
    (path,) = folder.glob("documents-*")
    return path


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"90"', b'"91"'))


def age(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (damage, "is corrupt .not of the SHA-256 it was saved with."),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is corrupt .not of the SHA-256"),
        (lambda path: path.write_bytes(b""), "is corrupt"),
        (lambda path: path.write_bytes(b"[]\n"), "is corrupt"),
        (lambda path: path.write_bytes(b"\x80\n"), "is corrupt"),
        (
            lambda path: path.write_bytes(
                path.read_bytes().replace(b'"format": 1', b'"format": 2')
            ),
            "format 2, this emoplug knows 1",
        ),
    ],
)
def test_names_the_file_that_is_corrupt(tmp_path: Path, harm: Any, complaint: str) -> None:
    saved(tmp_path).close()
    path = documents_of(tmp_path)
    harm(path)
    with pytest.raises(StoreError, match=complaint) as raised:
        FaissStore.open(tmp_path, Compass(), write=True)
    assert str(path) in str(raised.value)
    with pytest.raises(StoreError, match=complaint):  # and nobody holds the folder
        FaissStore.open(tmp_path, Compass(), write=True)


def test_says_that_documents_are_missing(tmp_path: Path) -> None:
    saved(tmp_path).close()
    documents_of(tmp_path).unlink()
    with pytest.raises(StoreError, match=r"documents-.*is missing"):
        FaissStore.open(tmp_path, Compass())


def test_does_not_take_documents_of_another_store(tmp_path: Path) -> None:
    saved(tmp_path / "one").close()
    saved(tmp_path / "two").close()
    documents_of(tmp_path / "one").replace(documents_of(tmp_path / "two"))
    with pytest.raises(StoreError, match="belongs to another save"):
        FaissStore.open(tmp_path / "two", Compass())


def test_names_the_index_that_is_missing_or_corrupt(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"index\.json is missing"):
        FaissStore.open(tmp_path / "nowhere", Compass())
    saved(tmp_path).close()
    (vectors,) = tmp_path.glob("vectors-*")
    vectors.write_bytes(b"x" + vectors.read_bytes()[1:])
    with pytest.raises(StoreError, match=vectors.name):
        FaissStore.open(tmp_path, Compass())


def test_refuses_embeddings_of_another_size(tmp_path: Path) -> None:

    class Wide(Compass):
        def embed_query(self, text: str) -> list[float]:
            return [*super().embed_query(text), 0.0]

    saved(tmp_path / "store").close()
    with pytest.raises(ValueError, match=r"Wide answers vectors of shape .3,., this store keeps 2"):
        FaissStore.open(tmp_path / "store", Wide()).similarity_search("0")


def test_reads_on_while_a_writer_saves(tmp_path: Path) -> None:
    writer = saved(tmp_path)
    for n in range(20):
        writer.add_texts([str(n)], ids=["no 0"])
        writer.save_local(tmp_path)
        assert [document.page_content for document in opened(tmp_path)] == [str(n), "90"]
