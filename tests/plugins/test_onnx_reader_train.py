from __future__ import annotations

import json
import sys
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from emoplug_onnx.train.reader import fit
from emoplug_onnx.train.reader.__main__ import main
from emoplug_onnx.train.reader.fit import Trainer, load_state
from emoplug_onnx.train.reader.model import build
from emoplug_onnx.train.reader.recipe import Recipe
from tests.plugins.reader_tiny import one_thread, quick, write_corpora

SHORT = replace(quick(), epochs=1.5)
Weights = dict[str, torch.Tensor]


def fitted(tiny: Path, run: Path, recipe: Recipe = SHORT, **more: Any) -> Weights:
    """Train in folder ``run``, or go on there; answer what the run ended with."""
    run.mkdir(exist_ok=True)
    with one_thread():
        Trainer(tiny / "data", tiny / "base", run, recipe, **more).run()
    answer: Weights = load_state(run)["model"]
    return answer


def assert_alike(one: Weights, other: Weights) -> None:
    assert one.keys() == other.keys()
    for name, weight in one.items():
        torch.testing.assert_close(weight, other[name], atol=1e-5, rtol=1e-5, msg=name)


def differing(one: Weights, other: Weights) -> set[str]:
    """Name the parts of the network, as finely as heads, that differ."""
    parts = {name: ".".join(name.split(".")[: 1 + name.startswith("heads.")]) for name in one}
    return {part for name, part in parts.items() if not torch.allclose(one[name], other[name])}


def test_a_run_that_was_cut_off_goes_on_to_the_same_end(
    tiny_reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fitted(tiny_reader, tmp_path / "whole")
    run = tmp_path / "run"
    save = torch.save

    def save_half(state: object, path: Path) -> None:
        if (run / fit.CHECKPOINT).exists():
            path.write_bytes(b"the power went out")
            raise KeyboardInterrupt
        save(state, path)

    monkeypatch.setattr(fit, "SAVED_EVERY", 13)
    monkeypatch.setattr(torch, "save", save_half)
    with pytest.raises(KeyboardInterrupt):
        fitted(tiny_reader, run)
    monkeypatch.undo()
    state = load_state(run)
    assert (state["epoch"], state["step"], state["done"]) == (0, 13, 13)
    torch.manual_seed(999)  # another process has another state
    assert_alike(fitted(tiny_reader, run), whole)


def test_a_run_that_has_ended_stays_as_it_is(tiny_reader: Path, tmp_path: Path) -> None:
    one = fitted(tiny_reader, tmp_path / "run", tasks=["meld"])
    before = (tmp_path / "run" / fit.CHECKPOINT).read_bytes()
    assert_alike(fitted(tiny_reader, tmp_path / "run", tasks=["meld"]), one)
    assert (tmp_path / "run" / fit.CHECKPOINT).read_bytes() == before


def test_what_is_kept_is_a_moving_average_of_every_tenth_step(
    tiny_reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: dict[int, Any] = {}
    save = torch.save

    def save_and_keep(state: dict[str, Any], path: Path) -> None:
        saved[state["step"]] = deepcopy(state)
        save(state, path)

    monkeypatch.setattr(fit, "SAVED_EVERY", fit.AVERAGED_EVERY)
    monkeypatch.setattr(torch, "save", save_and_keep)
    fitted(tiny_reader, tmp_path / "run", replace(SHORT, epochs=3, average=0.8), tasks=["meld"])
    ten, twenty = saved[10], saved[20]
    assert_alike(ten["model"], ten["trained"])
    mean = {n: 0.8 * w + 0.2 * twenty["trained"][n] for n, w in ten["model"].items()}
    assert_alike(twenty["model"], mean)


def test_another_recipe_refuses_the_checkpoint(tiny_reader: Path) -> None:
    with pytest.raises(SystemExit, match="another recipe"):
        fitted(tiny_reader, tiny_reader / "run", replace(quick(), seed=8))


def test_the_seed_decides_what_a_run_gives(tiny_reader: Path, tmp_path: Path) -> None:
    one, same, other = (
        fitted(tiny_reader, tmp_path / name, replace(SHORT, seed=seed), tasks=["meld"])
        for name, seed in (("one", 7), ("same", 7), ("other", 8))
    )
    assert_alike(one, same)
    assert "body" in differing(one, other)


@pytest.mark.parametrize(
    ("task", "parts"),
    [
        ("meld", {"body", "heads.meld"}),
        ("emorynlp", {"heads.emorynlp"}),
        ("wassa", {"body", "heads.wassa"}),
        ("reccon", {"body", "again", "distance", "same", "cause", "words"}),
    ],
)
def test_a_task_teaches_its_own_head_and_the_body_unless_it_is_emorynlp(
    tiny_reader: Path, tmp_path: Path, task: str, parts: set[str]
) -> None:
    recipe = replace(quick(), epochs=4, tokens=150)
    ended = fitted(tiny_reader, tmp_path / "run", recipe, tasks=[task])
    torch.manual_seed(recipe.seed)
    started = build(tiny_reader / "base", load_state(tmp_path / "run")["kept"], "sdpa", None)
    assert differing(started.state_dict(), ended) == parts


@pytest.mark.parametrize("kind", ["float", "int8"])
def test_a_further_cycle_starts_from_the_weights_that_were_written(
    tiny_reader: Path, tmp_path: Path, kind: str
) -> None:
    paths = tiny_reader / "data", tiny_reader / "base", tmp_path
    started = Trainer(*paths, SHORT, weights=tiny_reader / kind).model.state_dict()
    ended = load_state(tiny_reader / "run")["model"]
    assert started.keys() == ended.keys()
    for name, weight in ended.items():
        step = float(weight.max() - weight.min()) / 100 if kind == "int8" else 1e-6
        torch.testing.assert_close(started[name], weight, atol=step, rtol=0, msg=name)


def test_weights_of_another_vocabulary_are_refused(tiny_reader: Path, tmp_path: Path) -> None:
    data = write_corpora(tmp_path / "data", train=1, dev=1)
    with pytest.raises(SystemExit, match="int8 has a vocabulary cut from other"):
        Trainer(data, tiny_reader / "base", tmp_path, SHORT, weights=tiny_reader / "int8")


def test_the_log_tells_how_each_task_is_going(tiny_reader: Path) -> None:
    lines = (tiny_reader / "run" / "log.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["step"] for row in rows] == [100, 200, 300]
    tasks = "meld emorynlp dailydialog empatheticdialogues reccon esconv wassa".split()
    for row in rows:
        assert row.keys() - {*tasks} == {"epoch", "step", "seconds"}
        assert row.keys() & {*tasks}


def test_the_command_line_trains_one_task_by_the_recipe_it_is_given(
    tiny_reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "deep" / "run"
    paths = [f"--data={tiny_reader / 'data'}", f"--base={tiny_reader / 'base'}", f"--run={run}"]
    options = ["--task=wassa", "--seed=9", "--head-rate=0.5", "--epochs=2", "--tokens=200"]
    monkeypatch.setattr(sys, "argv", ["reader", "fit", *paths, *options])
    with one_thread():
        main()
    state = load_state(run)
    assert state["recipe"] == asdict(Recipe(seed=9, head_rate=0.5, epochs=2, tokens=200))
    assert state["step"] >= 2
