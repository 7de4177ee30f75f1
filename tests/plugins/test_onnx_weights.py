from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from pathlib import Path

import onnxruntime
import pytest

from emoplug import DeviceError, Emoplug, WeightsError
from emoplug_onnx import Encoder, Options
from emoplug_onnx._lock import SHIPPED
from emoplug_onnx._weights import find_weights

LIMIT = 50_000_000
HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
no_cuda = pytest.mark.skipif(HAS_CUDA, reason="needs a machine without CUDA")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "weights"))


def rewrite(folder: Path, **changes: object) -> None:
    facts = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({**facts, **changes}))


def test_shipped_weights_are_whole_and_small() -> None:
    weights = find_weights(None)
    assert len(weights.labels) == len(weights.thresholds) == 28
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= LIMIT


def test_facts_that_were_exchanged_with_their_network_are_not_those_that_were_shipped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emoplug_onnx._lock.SHIPPED", folder)
    find_weights(str(folder))
    (folder / "encoder.onnx").write_bytes(b"another network")
    digest = hashlib.sha256(b"another network").hexdigest()
    sha256 = json.loads((folder / "encoder.json").read_text())["sha256"]
    rewrite(folder, sha256={**sha256, "encoder.onnx": digest})  # all hashes agree
    with pytest.raises(WeightsError, match="not the one that this version of emoplug ships"):
        find_weights(str(folder))


def test_files_that_are_swapped_while_they_are_in_use_change_nothing_until_they_are_loaded(
    folder: Path,
) -> None:
    running = Encoder(Options(weights=str(folder), cache=0))
    before = running.encode(["I am proud of you."])
    for name in ("encoder.onnx", "tokenizer.json"):
        (folder / name).write_bytes(b"half an update")
    assert (running.encode(["I am proud of you."]).emotions == before.emotions).all()
    with pytest.raises(WeightsError, match="SHA-256"):
        Encoder(Options(weights=str(folder))).encode(["I am proud of you."])


def test_a_local_folder_gives_the_same_answers(folder: Path) -> None:
    mine, shipped = Encoder(Options(weights=str(folder))), Encoder()
    text = ["I am proud of you."]
    assert (mine.encode(text).emotions == shipped.encode(text).emotions).all()


def test_a_hub_id_is_taken_from_the_local_hub_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "hub"
    revision = "0" * 40
    snapshot = cache / "models--someone--feelings" / "snapshots" / revision
    snapshot.parent.mkdir(parents=True)
    shutil.copytree(folder, snapshot)
    reference = cache / "models--someone--feelings" / "refs" / "main"
    reference.parent.mkdir()
    reference.write_text(revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert find_weights("someone/feelings").folder == snapshot


def test_a_hub_id_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="give a local folder"):
        find_weights("someone/nothing")


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(WeightsError, match=r"no weights at './nowhere'"):
        find_weights("./nowhere")


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
def test_one_flipped_bit_is_found_before_the_file_is_run(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{name} is corrupt: its SHA-256"):
        Encoder(Options(weights=str(folder))).encode(["a"])


@pytest.mark.parametrize("name", ["encoder.json", "encoder.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} is missing"):
        find_weights(str(folder))


def test_facts_of_another_format_are_refused(folder: Path) -> None:
    rewrite(folder, format=99)
    with pytest.raises(WeightsError, match="not of format 1"):
        find_weights(str(folder))
    (folder / "encoder.json").write_text("{")
    with pytest.raises(WeightsError, match=r"encoder.json is corrupt"):
        find_weights(str(folder))


def test_facts_that_contradict_themselves_are_refused(folder: Path) -> None:
    rewrite(folder, thresholds=[0.5])
    with pytest.raises(WeightsError, match="differ in number"):
        find_weights(str(folder))
    rewrite(folder, window="wide")
    with pytest.raises(WeightsError, match="ValueError"):
        find_weights(str(folder))


def test_a_file_that_is_no_network_is_refused(folder: Path) -> None:
    (folder / "encoder.onnx").write_bytes(b"no network")
    digest = hashlib.sha256(b"no network").hexdigest()
    facts = json.loads((folder / "encoder.json").read_text())
    rewrite(folder, sha256={**facts["sha256"], "encoder.onnx": digest})
    with pytest.raises(WeightsError, match="cannot be loaded"):
        Encoder(Options(weights=str(folder))).encode(["a"])


def test_corrupt_weights_do_not_stop_the_call(folder: Path) -> None:
    (folder / "encoder.onnx").write_bytes(b"")
    emo = Emoplug(plugins=["onnx"], options={"onnx": {"weights": str(folder)}})
    turn = emo.prepare([{"role": "user", "content": "hi"}])
    assert "corrupt" in turn.degraded[0].reason


@no_cuda
def test_cuda_asked_for_and_not_there_raises_or_warns_as_set() -> None:
    with pytest.raises(DeviceError, match=r"emoplug\[gpu\]"):
        Encoder(Options(device="cuda")).encode(["a"])
    with pytest.warns(RuntimeWarning, match="not CUDA"):
        encoding = Encoder(Options(device="cuda", fallback="warn")).encode(["a"])
    assert len(encoding) == 1


@no_cuda
def test_auto_takes_the_cpu_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = Encoder(Options(device="auto"))
        encoder.encode(["a"])
    assert encoder.diagnose()["provider in use"] == "CPUExecutionProvider"


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="needs a CUDA device")
def test_cuda_agrees_with_the_cpu() -> None:
    texts = ["I am so happy!", "word " * 300]
    on_gpu = Encoder(Options(device="cuda")).encode(texts)
    on_cpu = Encoder(Options(device="cpu")).encode(texts)
    assert abs(on_gpu.emotions - on_cpu.emotions).max() < 1e-2
