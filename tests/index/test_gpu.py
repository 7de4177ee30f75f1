from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import faiss
import numpy as np
import pytest

from emoplug import DeviceError
from emoplug.index import IndexOptions, VectorIndex
from tests.index.made import SIZE, made

HAS_CUDA = hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0
no_cuda = pytest.mark.skipif(HAS_CUDA, reason="needs a machine without CUDA")
ALL = made(range(3000))


@no_cuda
def test_cuda_asked_for_and_not_there_raises_or_warns_as_set() -> None:
    with pytest.raises(DeviceError, match=r"emoplug\[gpu\].*device=\"cpu\""):
        VectorIndex(SIZE, IndexOptions(device="cuda"))
    with pytest.warns(RuntimeWarning, match="without CUDA"):
        index = VectorIndex(SIZE, IndexOptions(device="cuda", fallback="warn"))
    index.add([1], made([1]))
    assert index.device == "cpu"
    assert index.search(made([1]), 1).ids.tolist() == [[1]]


@no_cuda
def test_auto_takes_the_cpu_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        index = VectorIndex(SIZE, IndexOptions(device="auto", kind="cagra"))
    assert (index.device, index.kind) == ("cpu", "flat")


class Pretended:
    """The parts of faiss-gpu that we call, on the CPU; counts the copies made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.copies = 0
        self.fails = False

        def flat(_resources: object, size: int, _config: object) -> Any:
            self.copy()
            return faiss.IndexFlatIP(size)

        def inverted(_resources: object, _device: int, index: Any, _options: object) -> Any:
            self.copy()
            return faiss.clone_index(index)

        def cagra(_resources: object, size: int, _metric: int, _config: object) -> Any:
            self.copy()
            graph = faiss.IndexFlatIP(size)
            setattr(graph, "train", graph.add)  # noqa: B010 - mypy takes it for a method
            return graph

        for name, value in {
            "get_num_gpus": lambda: 1,
            "StandardGpuResources": object,
            "GpuIndexFlatConfig": SimpleNamespace,
            "GpuClonerOptions": SimpleNamespace,
            "GpuIndexCagraConfig": SimpleNamespace,
            "GpuIndexFlatIP": flat,
            "index_cpu_to_gpu": inverted,
            "GpuIndexCagra": cagra,
        }.items():
            monkeypatch.setattr(faiss, name, value, raising=False)

    def copy(self) -> None:
        if self.fails:
            raise RuntimeError("out of memory")
        self.copies += 1


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    return Pretended(monkeypatch)


@pytest.mark.parametrize("kind", ["flat", "ivf", "cagra"])
def test_the_card_answers_as_the_cpu_and_after_changes_too(pretended: Pretended, kind: str) -> None:
    options = {"kind": kind, "device": "cuda", "probes": 1000}
    index = VectorIndex(SIZE, IndexOptions.model_validate(options))
    index.add(range(3000), ALL, session="s")
    index.wait(60)
    assert (index.device, index.kind) == ("cuda", kind)
    assert index.search(ALL, 1).ids.ravel().tolist() == list(range(3000))
    index.search(ALL[:5], 1)
    assert pretended.copies == 1
    index.remove([0])
    index.add([10_000], made([10_000]))
    assert index.search(made([10_000]), 1).ids.tolist() == [[10_000]]
    assert 0 not in index.search(ALL[:1], 100).ids
    assert pretended.copies == 2
    assert index.search(ALL[7], 1, session="s").ids.tolist() == [[7]]


def test_a_card_that_fails_raises_or_is_left_as_set(pretended: Pretended) -> None:
    pretended.fails = True
    strict = VectorIndex(SIZE, IndexOptions(device="cuda"))
    strict.add([1], made([1]))
    for _ in range(2):
        with pytest.raises(DeviceError, match=r"the card failed \(out of memory"):
            strict.search(made([1]), 1)
    mild = VectorIndex(SIZE, IndexOptions(device="cuda", fallback="warn"))
    mild.add([1], made([1]))
    with pytest.warns(RuntimeWarning, match="the card failed"):
        assert mild.search(made([1]), 1).ids.tolist() == [[1]]
    assert mild.device == "cpu"
    auto = VectorIndex(SIZE, IndexOptions(device="auto"))
    auto.add([1], made([1]))
    assert auto.search(made([1]), 1).ids.tolist() == [[1]]
    assert auto.device == "cpu"


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="needs a CUDA device")
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("kind", ["flat", "ivf", "cagra"])
def test_cuda_agrees_with_the_cpu(kind: str, half: bool) -> None:
    if kind == "cagra" and not hasattr(faiss, "GpuIndexCagra"):
        pytest.skip("needs a faiss with cuVS")
    ids, vectors = range(20_000), made(range(20_000), 64)
    options = {"kind": kind, "device": "cuda", "half": half, "flat_until": 1000}
    on_card = VectorIndex(64, IndexOptions.model_validate(options))
    on_cpu = VectorIndex(64, IndexOptions(kind="flat"))
    for index in (on_card, on_cpu):
        index.add(ids, vectors)
        index.wait(120)
    assert on_card.device == "cuda"
    found, scores = on_card.search(vectors[:200], 10)
    assert (found[:, 0] == np.arange(200)).mean() > 0.98
    assert scores[:, 0] == pytest.approx(np.ones(200), abs=1e-2)
    exact = on_cpu.search(vectors[:200], 10).ids
    same = [len(set(a) & set(b)) for a, b in zip(found.tolist(), exact.tolist(), strict=True)]
    assert np.mean(same) >= (9.9 if kind == "flat" else 8)
