"""Whatever the bytes: an answer, or one of our own clear errors."""

from __future__ import annotations

import json
import string
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emoplug import Emoplug, EmoplugError, Settings
from emoplug.index import VectorIndex
from emoplug.store import SqliteStore
from emoplug_backtrace._segments import read_segments
from emoplug_cli._input import parse
from emoplug_emotion._parameters import read_parameters
from emoplug_emotionprompt._tasks import read_tasks
from emoplug_hef._load import frame_of
from emoplug_onnx._lock import SHIPPED
from emoplug_onnx._reader_weights import FACTS as READER
from emoplug_onnx._reader_weights import read_weights
from emoplug_onnx._weights import FACTS as ENCODER
from emoplug_onnx._weights import find_weights
from emoplug_recall._documents import _read as read_document
from emoplug_safety._head import read_head
from emoplug_safety._resources import read_resources
from emoplug_strategy._log import read_log

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "text", "name", "format", "sha256", "labels"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
CONTENT = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(JSON, max_size=4).map(lambda v: "\n".join(map(json.dumps, v)).encode())
    | st.text(string.printable + "é😭\u202e\x00", max_size=120).map(str.encode)
)
SLOWLY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _index(path: Path) -> object:
    folder = path.parent / "index"
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_bytes(path.read_bytes())
    return VectorIndex.open(folder)


def _weights(name: str, read: Callable[[Path], object]) -> Callable[[Path], object]:
    def load(path: Path) -> object:
        folder = path.parent / "weights"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(path.read_bytes())
        return read(folder)

    return load


FILES: dict[str, Callable[[Path], object]] = {
    "chat log": read_log,
    "tasks of ab": read_tasks,
    "resources": read_resources,
    "frame": lambda path: frame_of("en", path),
    "segments": read_segments,
    "dynamics": read_parameters,
    "head of safety": read_head,
    "encoder.json": _weights(ENCODER, lambda folder: find_weights(str(folder))),
    "reader.json": _weights(READER, read_weights),
    "index": _index,
    "store": lambda path: SqliteStore(path).read("session"),
    "documents": lambda path: read_document(str(path)),
}


@pytest.mark.parametrize("file", FILES)
@SLOWLY
@given(content=CONTENT)
@example(content=b"")
@example(content=b"\xff\xfe\x00")
@example(content=b"[" * 5000)
def test_every_file_is_read_or_refused_clearly(file: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.jsonl"
        path.write_bytes(content)
        with suppress(EmoplugError):
            FILES[file](path)


@SLOWLY
@given(text=CONTENT.map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_what_analyze_is_given_is_read_or_refused_clearly(text: str) -> None:
    with suppress(EmoplugError):
        parse(text)


@SLOWLY
@given(content=CONTENT)
def test_settings_files_are_read_or_refused_clearly(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "emoplug.toml").write_bytes(content)
        with suppress(EmoplugError):
            Settings.load(Path(folder))


@SLOWLY
@given(messages=st.lists(JSON, max_size=4) | JSON)
def test_messages_are_read_or_refused_clearly(messages: Any) -> None:
    emo = Emoplug(plugins=[])
    with suppress(EmoplugError):
        assert len(emo.prepare(messages).messages) == len(messages)


def test_shipped_files_pass_the_same_way() -> None:
    assert len(find_weights(str(SHIPPED)).labels) == 28
    assert read_weights(SHIPPED).window == 384
