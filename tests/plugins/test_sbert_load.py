from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoplug import DeviceError, Emoplug, PluginLoadError, SettingsError, WeightsError
from emoplug_sbert import Encoder, Options
from emoplug_sbert._model import SentenceModel
from tests.plugins.sbert_tiny import build_heads, build_model


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``program`` in a fresh Python."""
    command = [sys.executable, "-W", "error", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


HAS_CUDA = Path("/dev/nvidia0").exists()  # torch would take seconds to say it, at collection


def options(model: Path, heads: Path, **more: Any) -> Options:
    return Options(model=str(model), heads=heads, **more)


def test_importing_and_building_it_imports_no_torch(sbert_model: Path, sbert_heads: Path) -> None:
    done = run(
        "import sys, emoplug_sbert\n"
        "emoplug_sbert.Encoder(emoplug_sbert.Options(model=sys.argv[1], heads=sys.argv[2]))\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'safetensors'}\n"
        "print(sorted(heavy & set(sys.modules)))",
        sbert_model,
        sbert_heads,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_loading_a_local_folder_prints_nothing_and_needs_no_network(
    sbert_model: Path, sbert_heads: Path
) -> None:
    done = run(
        "import sys, socket, emoplug_sbert\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "options = emoplug_sbert.Options(model=sys.argv[1], heads=sys.argv[2], device='cpu')\n"
        "emoplug_sbert.Encoder(options).warm_up()\n"
        "from transformers.utils import logging\n"
        "assert logging.is_progress_bar_enabled(), 'a setting of the host was changed'",
        sbert_model,
        sbert_heads,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("module", ["sentence_transformers", "torch"])
def test_a_missing_extra_names_the_pip_line(
    sbert_model: Path, sbert_heads: Path, module: str
) -> None:
    done = run(
        "import sys\n"
        "sys.modules[sys.argv[3]] = None\n"
        "from emoplug import Emoplug, PluginLoadError\n"
        "try:\n"
        "    options = {'model': sys.argv[1], 'heads': sys.argv[2]}\n"
        "    emo = Emoplug(plugins=['sbert'], options={'sbert': options})\n"
        "    emo.plugins['sbert'].warm_up()\n"
        "except PluginLoadError as error:\n"
        "    print(error, error.missing, sep='\\n')",
        sbert_model,
        sbert_heads,
        module,
    )
    assert done.stdout.splitlines() == [
        f"plugin 'sbert' needs {module}, which is not installed; try: pip install 'emoplug[sbert]'",
        module,
    ]


def test_the_missing_package_is_noticed_when_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(PluginLoadError, match=r"emoplug\[sbert\]"):
        Emoplug(plugins=["sbert"])


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "no model and no heads"),
        ({"model": "some/model"}, "has no heads"),
        ({"heads": "heads.safetensors"}, "has no model"),
    ],
    ids=["nothing", "no heads", "no model"],
)
def test_settings_without_model_or_heads_are_refused_at_once(
    chosen: dict[str, str], said: str
) -> None:
    with pytest.raises(
        SettingsError, match=rf"{said}; set options.sbert.model .*options.sbert.heads"
    ):
        Emoplug(plugins=["sbert"], options={"sbert": chosen})


def test_a_folder_that_is_not_there_is_named(sbert_heads: Path) -> None:
    with pytest.raises(WeightsError, match=r"no model at './nowhere'"):
        Encoder(Options(model="./nowhere", heads=sbert_heads)).warm_up()


def test_a_folder_without_a_model_says_what_to_give(tmp_path: Path, sbert_heads: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot be loaded .*; give the folder"):
        Encoder(options(tmp_path, sbert_heads)).warm_up()


def test_heads_of_another_dimension_name_both_and_the_fix(
    tmp_path: Path, sbert_heads: Path
) -> None:
    wide = build_model(tmp_path / "wide", size=48)
    with pytest.raises(WeightsError, match=r"32 numbers \(tiny\).* 48; train heads") as caught:
        Encoder(options(wide, sbert_heads)).warm_up()
    assert str(sbert_heads) in str(caught.value)
    assert f"python -m emoplug_sbert.train --data DATA --model {wide}" in str(caught.value)


def test_heads_for_another_model_of_the_same_dimension_are_refused(
    tmp_path: Path, sbert_heads: Path
) -> None:
    other = build_model(tmp_path / "other", seed=1)
    with pytest.raises(WeightsError, match="heads for tiny, whose vectors differ"):
        Encoder(options(other, sbert_heads)).warm_up()
    Encoder(options(other, build_heads(tmp_path / "its.safetensors", other))).warm_up()


def test_a_model_that_answers_nan_is_refused(sbert_model: Path) -> None:
    model = SentenceModel(str(sbert_model), "cpu", 8)
    model._model.encode = lambda *_args, **_options: np.full((1, 4), np.nan)  # type: ignore[assignment]  # a model broken in half precision
    with pytest.raises(WeightsError, match="answers NaN"):
        model.vectors(["glad"])


def test_wrong_heads_do_not_stop_the_call(tmp_path: Path, sbert_model: Path) -> None:
    (tmp_path / "heads").write_bytes(b"no heads")
    chosen = {"model": str(sbert_model), "heads": tmp_path / "heads"}
    emo = Emoplug(plugins=["sbert"], options={"sbert": chosen}, deadline=60)
    turn = emo.prepare([{"role": "user", "content": "hi"}])
    assert "corrupt" in turn.degraded[0].reason


@pytest.mark.skipif(HAS_CUDA, reason="needs a machine without CUDA")
def test_cuda_asked_for_and_not_there_is_an_error_and_auto_takes_the_cpu(
    sbert_model: Path, sbert_heads: Path
) -> None:
    with pytest.raises(DeviceError, match='device="cpu"'):
        Encoder(options(sbert_model, sbert_heads, device="cuda")).warm_up()
    encoder = Encoder(options(sbert_model, sbert_heads, device="auto"))
    assert encoder.diagnose()["device in use"] == "cpu"


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="needs a CUDA device")
def test_cuda_agrees_with_the_cpu(sbert_model: Path, sbert_heads: Path) -> None:
    texts = ["i am so happy!", "train " * 300]
    there = Encoder(options(sbert_model, sbert_heads, device="cuda"))
    here = Encoder(options(sbert_model, sbert_heads, device="cpu"))
    assert there.diagnose()["device in use"].startswith("cuda")
    assert np.allclose(there.encode(texts).emotions, here.encode(texts).emotions, atol=1e-2)


def test_diagnose_names_files_dimension_and_device(sbert_model: Path, sbert_heads: Path) -> None:
    facts = Encoder(options(sbert_model, sbert_heads, device="cpu")).diagnose()
    assert facts == {
        "model": str(sbert_model),
        "heads": str(sbert_heads),
        "heads trained for": "tiny",
        "dimension": "32",
        "window": "16 tokens",
        "device asked for": "cpu",
        "device in use": "cpu",
    }
