from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from emoplug import StoreBusyError, StoreError
from emoplug.index import IndexOptions, VectorIndex
from tests.index.made import INVERTED, SIZE, Floats, made, saved


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_what_is_saved_is_opened_the_same(tmp_path: Path, kind: str, half: bool) -> None:
    options = IndexOptions.model_validate({"kind": kind, "half": half, "probes": 1000})
    index = VectorIndex(SIZE, options)
    ids = range(1200)
    vectors = made(ids)
    index.add(ids, vectors, session=["anna", "bén", ""] * 400, time=list(ids))
    index.add([5000], made([5000]))
    index.wait(60)
    index.remove([7])
    index.save(tmp_path / "new" / "folder")
    again = VectorIndex.open(tmp_path / "new" / "folder", options)
    assert again.kind == kind
    assert len(again) == len(index) == 1200
    assert again.sessions == ("", "anna", "bén")
    assert 7 not in again
    assert (again.vectors([5000, 9]) == index.vectors([5000, 9])).all()
    for filters in ({}, {"session": "bén", "since": 100.0}, {"until": 50.0}):
        for before, after in zip(
            index.search(vectors[:9], 30, **filters),
            again.search(vectors[:9], 30, **filters),
            strict=True,
        ):
            np.testing.assert_array_equal(before, after)


def test_no_pickle_is_written_nor_read(tmp_path: Path) -> None:
    saved(tmp_path)
    with np.load(tmp_path / "rows-000001.npz", allow_pickle=False) as columns:
        assert {name: columns[name].dtype.str for name in columns} == {
            "ids": "<i8",
            "times": "<f8",
            "sessions": "<i4",
        }


def test_a_save_leaves_one_generation(tmp_path: Path) -> None:
    saved(tmp_path)
    (tmp_path / "vectors-000009.faiss").write_bytes(b"left by a save that was killed")
    (tmp_path / "index.json.new").write_bytes(b"likewise")
    (tmp_path / "notes.txt").write_bytes(b"not ours")
    with VectorIndex.open(tmp_path, write=True) as index:
        index.save(tmp_path)
        index.save(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [
        "index.json",
        "notes.txt",
        "rows-000003.npz",
        "vectors-000003.faiss",
        "writer.lock",
    ]


def tells_of(content: bytes, vector: Floats, numbers: str) -> bool:
    """Whether some run of numbers in ``content`` points where ``vector`` does, at any offset."""
    content += bytes(8 * SIZE)  # so that the shortest file has a run
    for offset in range(np.dtype(numbers).itemsize):
        usable = (len(content) - offset) // np.dtype(numbers).itemsize
        read = np.frombuffer(content, numbers, usable, offset).astype(np.float64)
        runs = sliding_window_view(np.where(np.abs(read) <= 2, read, 0), SIZE)
        if (runs @ vector > 0.99 * np.maximum(np.linalg.norm(runs, axis=1), 1e-3)).any():
            return True
    return False


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # not all bytes are numbers
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_nothing_saved_tells_of_what_was_removed(tmp_path: Path, kind: str, half: bool) -> None:
    options = IndexOptions.model_validate({"kind": kind, "half": half, "probes": 1000})
    numbers = "<f2" if half else "<f4"
    secret, replaced = made([77_777])[0], made([88_888])[0]
    # 40 equal vectors make a list whose centroid is a copy of them.
    vectors = np.concatenate([made([77_777] * 40), made(range(40, 1400))])
    with VectorIndex(SIZE, options) as index:
        index.add(range(1400), vectors, session=["Secret Name"] * 40 + ["other"] * 1360)
        index.wait(60)
        index.add([40], replaced[None])
        index.save(tmp_path)
        stored = (tmp_path / "vectors-000001.faiss").read_bytes()
        assert secret.astype(numbers).tobytes() in stored
        assert tells_of(stored, secret, numbers)
        assert tells_of(stored, replaced, numbers)
        assert index.remove_session("Secret Name") == 40
        index.add([40], vectors[40:41])
        index.save(tmp_path)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert b"Secret Name" not in content
        for gone in (secret, replaced):
            assert gone.astype(numbers).tobytes() not in content
            assert not tells_of(content, gone, numbers)
            assert not tells_of(content, gone, "<f4"), "a centroid does"


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "longer", "missing"])
@pytest.mark.parametrize("name", ["vectors-000001.faiss", "rows-000001.npz", "index.json"])
@pytest.mark.parametrize("options", [None, INVERTED], ids=["flat", "ivf"])
def test_a_damaged_file_is_refused_by_name(
    tmp_path: Path, options: IndexOptions | None, name: str, damage: str
) -> None:
    saved(tmp_path, options)
    path, content = tmp_path / name, (tmp_path / name).read_bytes()
    at = content.index(b"anna") if name == "index.json" else len(content) // 2
    match damage:
        case "flipped":
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        case "cut":
            path.write_bytes(content[:-1])
        case "empty":
            path.write_bytes(b"")
        case "longer":
            path.write_bytes(content + b"]")
        case "missing":
            path.unlink()
    problem = "missing" if damage == "missing" else "corrupt"
    for write in (False, True):
        with pytest.raises(StoreError, match=rf"{name} is {problem}"):
            VectorIndex.open(tmp_path, write=write)
    assert damage == "missing" or path.exists()


def test_every_flipped_byte_of_the_sidecar_is_noticed(tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / "index.json"
    content = path.read_bytes()
    said = json.loads(content)
    for at in range(0, len(content), 3):
        flipped = content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]
        path.write_bytes(flipped)
        try:
            same = json.loads(flipped) == said  # white space says nothing
        except ValueError:
            same = False
        if not same:
            with pytest.raises(StoreError, match=r"index\.json"):
                VectorIndex.open(tmp_path)


def test_a_format_of_the_future_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / "index.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(StoreError, match=r"index.json has format 2, this emoplug knows 1"):
        VectorIndex.open(tmp_path)


def test_a_folder_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    for write in (False, True):
        with pytest.raises(StoreError, match=r"index.json is missing.*VectorIndex\(size\)"):
            VectorIndex.open(tmp_path / "none", write=write)
    assert not (tmp_path / "none").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index"
    path.write_text("not a folder")
    with VectorIndex(SIZE) as index, pytest.raises(StoreError, match=rf"{path} cannot be written"):
        index.save(path)
    with pytest.raises(StoreError, match=rf"{path / 'index.json'} cannot be read"):
        VectorIndex.open(path)


def test_an_index_is_not_saved_over_another(tmp_path: Path) -> None:
    saved(tmp_path)
    with VectorIndex(SIZE) as index:
        index.add([1], made([1]))
        with pytest.raises(StoreError, match="saved before; open that one"):
            index.save(tmp_path)
        index.save(tmp_path / "own")
    assert len(VectorIndex.open(tmp_path)) == 400


def test_an_index_may_move_to_another_folder(tmp_path: Path) -> None:
    with VectorIndex(SIZE) as index:
        index.save(tmp_path / "a")
        index.add([1], made([1]))
        index.save(tmp_path / "b")
        VectorIndex.open(tmp_path / "a", write=True).close()
        with pytest.raises(StoreBusyError):
            VectorIndex.open(tmp_path / "b", write=True)
