"""Fine-tunes the encoder on all tasks together, keeping its sentence geometry."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from emoplug_onnx._weights import MODEL
from emoplug_onnx.train.data import (
    Batch,
    emotion_labels,
    epoch_batches,
    read_emobank,
    read_goemotions,
    read_sentiment,
)
from emoplug_onnx.train.dequantize import read_floats
from emoplug_onnx.train.model import EmotionEncoder, attention_of, build
from emoplug_onnx.train.recipe import Recipe

CHECKPOINT = "checkpoint.pt"
TAUGHT = ("emotion", "affect")


class Trainer:
    """One resumable run: the corpora, the network and the state of its optimiser."""

    def __init__(
        self,
        data: Path,
        base: Path,
        out: Path,
        recipe: Recipe,
        sentiment: Path | None = None,
        start: Path | None = None,
        teachers: Sequence[Path] = (),
    ) -> None:
        self.recipe, self.out, self.base = recipe, out, base
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        _seed(recipe.seed)
        self.labels = emotion_labels(data)
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(base)
        corpora = [read_goemotions(data, "train", self.labels), read_emobank(data, "train")]
        if sentiment is not None:
            corpora.append(read_sentiment(sentiment))
        self.corpora = {corpus.task: corpus for corpus in corpora}
        self.tokens = self._tokenize(self.tokenizer)
        self.model = build(base, len(self.labels), attention_of(base), recipe.dropout)
        self.model.to(self.device)
        self.geometry = {
            task: self._answers(self.model, ids, ("embedding",))["embedding"]
            for task, ids in self.tokens.items()
            if recipe.distil
        }
        self.lessons = self._lessons(teachers)
        if start is not None:  # a further cycle: from where another run ended, at a fresh rate
            _put_in(self.model, start)
        self.optimizer = torch.optim.AdamW(
            _layer_groups(self.model, recipe), weight_decay=recipe.weight_decay, fused=True
        )
        self.repeats = {"emotion": 1, "affect": recipe.affect_repeats, "sentiment": 1}
        self.steps = recipe.epochs * len(list(self._batches(0)))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.epoch = 0

    def run(self) -> EmotionEncoder:
        """Train the epochs that are left, saving a checkpoint after each."""
        self._resume()
        while self.epoch < self.recipe.epochs:
            self._run_epoch()
            self.epoch += 1
            self._save()
        return self.model

    def _run_epoch(self) -> None:
        self.model.train()
        started, totals, seen = time.monotonic(), dict.fromkeys(self.corpora, 0.0), 0
        for batch in self._batches(self.epoch):
            loss = self._loss(batch)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad(set_to_none=True)
            totals[batch.task] = 0.98 * totals[batch.task] + 0.02 * loss.item()
            seen += 1
            if seen % 100 == 0:
                elapsed = time.monotonic() - started
                self._log({"epoch": self.epoch, "step": seen, "seconds": round(elapsed), **totals})

    def _loss(self, batch: Batch) -> Tensor:
        recipe, rows = self.recipe, list(batch.rows)
        ids, mask = self._pad([self.tokens[batch.task][row] for row in rows])
        targets = torch.from_numpy(self.corpora[batch.task].targets[rows]).to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            answers = self.model.answers(ids, mask)
        embedding, answer = answers["embedding"].float(), answers[batch.task].float()
        if batch.task == "emotion":
            targets = targets * (1 - recipe.smoothing) + recipe.smoothing / 2
        loss = self._distance(batch.task, answer, targets)
        for task, taught in self.lessons.get(batch.task, {}).items():
            loss = loss + recipe.teach * self._distance(
                task, answers[task].float(), taught[rows].to(self.device)
            )
        if not recipe.distil:
            return loss
        geometry = self.geometry[batch.task][rows].to(self.device)
        cosine = 1 - (embedding * geometry).sum(-1).mean()
        pairs = functional.mse_loss(embedding @ embedding.T, geometry @ geometry.T)
        return loss + recipe.distil * (cosine + 10 * pairs)

    def _distance(self, task: str, answer: Tensor, wanted: Tensor) -> Tensor:
        if task == "emotion":
            return functional.binary_cross_entropy_with_logits(answer, wanted) * 10
        return functional.mse_loss(answer, wanted) * 10 * self.recipe.affect_weight

    def _lessons(self, teachers: Sequence[Path]) -> dict[str, dict[str, Tensor]]:
        """Answer for each corpus what the teachers say of its texts on average, by task.

        So every text teaches every head: knowledge distillation from an ensemble (Hinton et al.,
        2015). A teacher may be of another size and know other tokens: its run tells its base.
        """
        lessons: dict[str, dict[str, Tensor]] = {}
        for teacher in teachers:
            state = load_state(teacher)
            base = Path(state["base"])
            model = build(base, len(self.labels), attention_of(base)).to(self.device)
            model.load_state_dict(state["model"])
            for corpus, tokens in self._tokenize(AutoTokenizer.from_pretrained(base)).items():
                said = self._answers(model, tokens, TAUGHT)
                said["emotion"] = said["emotion"].sigmoid()
                sums = lessons.setdefault(corpus, {})
                for task, answer in said.items():
                    sums[task] = sums.get(task, 0) + answer / len(teachers)
        return lessons

    @torch.inference_mode()
    def _answers(
        self, model: EmotionEncoder, tokens: Sequence[list[int]], names: Sequence[str]
    ) -> dict[str, Tensor]:
        """Answer what a network, as it is now, says of texts: (texts, columns) by name."""
        model.eval()
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        parts: dict[str, list[Tensor]] = {name: [] for name in names}
        for start in range(0, len(order), 128):
            ids, mask = self._pad([tokens[row] for row in order[start : start + 128]])
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                answers = model.answers(ids, mask)
            for name in names:
                parts[name].append(answers[name].float().cpu())
        back = torch.argsort(torch.tensor(order))
        return {name: torch.cat(rows)[back] for name, rows in parts.items()}

    def _batches(self, epoch: int) -> list[Batch]:
        lengths: dict[str, Sequence[int]] = {
            task: [len(ids) for ids in rows] for task, rows in self.tokens.items()
        }
        seed = self.recipe.seed * 1000 + epoch
        return list(epoch_batches(lengths, self.repeats, self.recipe.batch, seed))

    def _tokenize(self, tokenizer: PreTrainedTokenizerBase) -> dict[str, list[list[int]]]:
        return {
            task: list(
                tokenizer(list(corpus.texts), truncation=True, max_length=self.recipe.window)[
                    "input_ids"
                ]
            )
            for task, corpus in self.corpora.items()
        }

    def _pad(self, rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
        width = max(map(len, rows))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros(len(rows), width, dtype=torch.long)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = torch.tensor(row)
            mask[index, : len(row)] = 1
        return ids.to(self.device), mask.to(self.device)

    def _rate(self, step: int) -> float:
        warm = max(1, int(self.steps * self.recipe.warmup))
        if step < warm:
            return step / warm
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / (self.steps - warm))))

    def _resume(self) -> None:
        path = self.out / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise SystemExit(f"{path} was made by another recipe; choose another --run folder")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        self.epoch = state["epoch"]

    def _save(self) -> None:
        state = {
            "recipe": asdict(self.recipe),
            "base": str(self.base),
            "labels": list(self.labels),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "epoch": self.epoch,
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


def _put_in(model: EmotionEncoder, start: Path) -> None:
    """Put in what a run ended with, or what weights hold; these lack the head of sentiment."""
    if (start / CHECKPOINT).exists():
        model.load_state_dict(load_state(start)["model"])
        return
    lacking, unknown = model.load_state_dict(read_floats(start / MODEL), strict=False)
    if unknown or any(not name.startswith("sentiment.") for name in lacking):
        raise SystemExit(f"{start / MODEL} is no encoder of this shape")


def _layer_groups(model: EmotionEncoder, recipe: Recipe) -> list[dict[str, object]]:
    """Give deeper layers smaller steps: they hold what pre-training taught."""
    layers: int = model.body.config.num_hidden_layers  # type: ignore[assignment, union-attr]
    groups: dict[float, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if not name.startswith("body."):
            rate = recipe.head_rate
        elif ".layer." in name:
            depth = int(name.split(".layer.")[1].split(".")[0])
            rate = recipe.learning_rate * recipe.layer_decay ** (layers - 1 - depth)
        else:
            rate = recipe.learning_rate * recipe.layer_decay**layers
        groups.setdefault(rate, []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
