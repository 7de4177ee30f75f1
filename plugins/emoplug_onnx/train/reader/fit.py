"""Trains the reader on all dialogue tasks together."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from emoplug_onnx._layout import Marker
from emoplug_onnx._reader_weights import TOKENIZER
from emoplug_onnx.train.reader.corpora import Corpora
from emoplug_onnx.train.reader.data import UNKNOWN, Dialogue, deal, swapped
from emoplug_onnx.train.reader.losses import cause_loss
from emoplug_onnx.train.reader.model import DialogueReader, build
from emoplug_onnx.train.reader.recipe import Recipe
from emoplug_onnx.train.reader.samples import Sample, pad, windows
from emoplug_onnx.train.reader.shipped import read_shipped
from emoplug_onnx.train.reader.vocabulary import cut

CHECKPOINT = "checkpoint.pt"
SAVED_EVERY = 400
AVERAGED_EVERY = 10
DYADIC = frozenset({"dailydialog", "reccon"})
"""Data sets whose speakers have equal parts: each is the user half of the time."""


class Trainer:
    """One resumable run."""

    def __init__(
        self,
        data: Path,
        base: Path,
        out: Path,
        recipe: Recipe,
        start: Path | None = None,
        tasks: Sequence[str] = (),
        weights: Path | None = None,
    ) -> None:
        self.recipe, self.out = recipe, out
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        random.seed(recipe.seed)
        torch.manual_seed(recipe.seed)
        corpora = Corpora.read(data)
        self.dialogues = {t: d for t, d in corpora.train.items() if not tasks or t in tasks}
        self.vocabulary, self.kept = cut(base / "tokenizer.json", corpora.texts())
        tokenizer = Tokenizer.from_str(self.vocabulary)
        self.marker = Marker(tokenizer)
        start = start and start / CHECKPOINT
        self.model = build(base, self.kept, "sdpa", start, recipe.dropout)
        if weights is not None:  # a further cycle, at a fresh rate
            _put_in(self.model, self.vocabulary, weights)
        self.model.to(self.device)
        mean = get_ema_multi_avg_fn(recipe.average)  # type: ignore[no-untyped-call]  # theirs
        self.average = AveragedModel(self.model, multi_avg_fn=mean)
        self.optimizer = torch.optim.AdamW(
            _layer_groups(self.model, recipe), weight_decay=recipe.weight_decay, fused=True
        )
        self.epoch = self.step = self.done = 0
        self.steps = round(recipe.epochs * len(self._batches(0)))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def run(self) -> None:
        """Train what is left, saving a checkpoint every few minutes."""
        self._resume()
        while self.step < self.steps:
            self._run_epoch()
            self._save()

    def _run_epoch(self) -> None:
        self.model.train()
        started, totals = time.monotonic(), dict[str, float]()
        for number, batch in enumerate(self._batches(self.epoch)):
            if number < self.done:
                continue
            loss = self._loss(batch)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.done, self.step = number + 1, self.step + 1
            if self.step % AVERAGED_EVERY == 0 or self.step == self.steps:
                self.average.update_parameters(self.model)
            task, value = batch[0].task, loss.item()
            totals[task] = 0.98 * totals.get(task, value) + 0.02 * value
            if self.step % 100 == 0:
                seconds = round(time.monotonic() - started)
                self._log({"epoch": self.epoch, "step": self.step, "seconds": seconds, **totals})
            if self.step % SAVED_EVERY == 0:
                self._save()
            if self.step == self.steps:
                return
        self.epoch, self.done = self.epoch + 1, 0

    def _loss(self, batch: Sequence[Sample]) -> Tensor:
        task, padded = batch[0].task, pad(batch).to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            states = self.model.tokens(padded.ids, padded.owner)
            if task == "reccon":
                return cause_loss(self.model, states, padded, batch)
            utterances = self.model.utterances(states, padded.pool, padded.starts)
            answers = self.model.judge(task, utterances).float()
        if task == "wassa":
            ratings = torch.tensor([sample.ratings for sample in batch], device=self.device)
            return functional.mse_loss(answers[:, 0], ratings)
        wanted = torch.full(answers.shape[:2], UNKNOWN)
        for row, sample in enumerate(batch):
            wanted[row, : len(sample.labels)] = torch.tensor(sample.labels)
        return functional.cross_entropy(
            answers.flatten(0, 1),
            wanted.flatten().to(self.device),
            ignore_index=UNKNOWN,
            label_smoothing=self.recipe.smoothing,
        )

    def _batches(self, epoch: int) -> list[list[Sample]]:
        """Deal an epoch: each data set as often as the recipe says, in batches of one task."""
        seed = self.recipe.seed * 1000 + epoch
        shuffle = random.Random(seed)
        batches: list[list[Sample]] = []
        for task, dialogues in self.dialogues.items():
            repeats = getattr(self.recipe, task, 1)
            for repeat in range(repeats):
                chosen = [d for d in dialogues if shuffle.random() < self._share(d)]
                if task in DYADIC:
                    chosen = [swapped(d) if shuffle.random() < 0.5 else d for d in chosen]
                if task == "reccon":
                    chosen = [_every_other(repeat % 2, d) for d in chosen]
                samples = [
                    sample
                    for dialogue in chosen
                    for sample in windows(dialogue, self.marker)
                    if _teaches(sample)
                ]
                lengths = [len(sample) for sample in samples]
                batches += [
                    [samples[row] for row in rows]
                    for rows in deal(lengths, self.recipe.tokens, seed + repeat)
                ]
        shuffle.shuffle(batches)
        return batches

    def _share(self, dialogue: Dialogue) -> float:
        """Answer how often an epoch deals a dialogue: less where it has little to teach."""
        if dialogue.task == "dailydialog" and not any(dialogue.labels):
            return self.recipe.calm
        if dialogue.task == "empatheticdialogues" and len(dialogue.texts) == 1:
            return self.recipe.situations
        return 1.0

    def _rate(self, step: int) -> float:
        warm = max(1, int(self.steps * self.recipe.warmup))
        if step < warm:
            return step / warm
        left = (step - warm) / max(1, self.steps - warm)
        return max(0.0, 0.5 * (1 + math.cos(math.pi * left)))

    def _resume(self) -> None:
        path = self.out / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise SystemExit(f"{path} was made by another recipe; choose another --run folder")
        self.model.load_state_dict(state["trained"])
        self.average.load_state_dict(state["averaging"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        self.epoch, self.step, self.done = state["epoch"], state["step"], state["done"]

    def _save(self) -> None:
        state: dict[str, Any] = {
            "recipe": asdict(self.recipe),
            "model": self.average.module.state_dict(),
            "trained": self.model.state_dict(),
            "averaging": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "vocabulary": self.vocabulary,
            "kept": self.kept,
            "epoch": self.epoch,
            "step": self.step,
            "done": self.done,
        }
        partial = self.out / f"{CHECKPOINT}.partial"
        torch.save(state, partial)
        partial.replace(self.out / CHECKPOINT)

    def _log(self, row: dict[str, float]) -> None:
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")


def load_state(run: Path) -> dict[str, Any]:
    """Read what a run saved last."""
    state: dict[str, Any] = torch.load(run / CHECKPOINT, map_location="cpu", weights_only=True)
    return state


def _put_in(model: DialogueReader, vocabulary: str, weights: Path) -> None:
    if (weights / TOKENIZER).read_text(encoding="utf-8") != vocabulary:
        raise SystemExit(f"{weights} has a vocabulary cut from other training texts")
    model.load_state_dict(read_shipped(weights))


def _every_other(offset: int, dialogue: Dialogue) -> Dialogue:
    return replace(dialogue, evidence=dialogue.evidence[offset::2])


def _teaches(sample: Sample) -> bool:
    return bool(
        sample.ratings or sample.targets or any(label != UNKNOWN for label in sample.labels)
    )


def _layer_groups(model: DialogueReader, recipe: Recipe) -> list[dict[str, object]]:
    """Give deeper layers smaller steps: they hold what pre-training taught."""
    layers = len(model.body.encoder.layer)  # type: ignore[union-attr, arg-type]
    groups: dict[float, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if name.startswith("again."):
            rate = recipe.learning_rate
        elif not name.startswith("body."):
            rate = recipe.head_rate
        elif ".layer." in name:
            depth = int(name.split(".layer.")[1].split(".")[0])
            rate = recipe.learning_rate * recipe.layer_decay ** (layers - 1 - depth)
        else:
            rate = recipe.learning_rate * recipe.layer_decay**layers
        groups.setdefault(rate, []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]
