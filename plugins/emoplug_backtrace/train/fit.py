"""Teaches the re-ranker which sentence of a document a question was asked after.

Late interaction is trained as it is used: token weights stay what they are, and a softmax over a
question's sentence, others of the same document and those of other questions is to be right.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from emoplug_backtrace.train.network import inverse_frequencies, texts_of
from emoplug_backtrace.train.questions import Asked, read, sentences

RATE = 2e-5
BATCH = 16
BESIDE = 5
"""Other sentences of the same document beside each question's own."""
SCALE = 19.0
"""About what the profiles weigh mean cosines with."""
HELD = 8
"""One document of so many is held out."""
_CHOICE = 19
_FEWEST = 8
_LONGEST = 64
_SHOWN = 20


def fit(base: Path, data: Path, asked: Path, out: Path, seed: int = 5) -> None:
    """Train one epoch on the questions of ``asked`` and write the body's weights to ``out``."""
    torch.manual_seed(seed)
    pupil, by_document = _Pupil(base, data), defaultdict(list)
    for document, text in sentences(data):
        if len(text.split()) > 3:
            by_document[document].append(text)
    rows = [row for row in read(asked) if len(by_document[row.document]) >= _FEWEST]
    documents = sorted({row.document for row in rows})
    random.Random(3).shuffle(documents)
    held = set(documents[::HELD])
    dev = [row for row in rows if row.document in held]
    train = [row for row in rows if row.document not in held]
    _say(f"{len(train)} questions; {len(dev)} of held-out documents")
    _say(f"before: {_share_right(pupil, dev, by_document):.3f} right of them")
    random.Random(seed).shuffle(train)
    _epoch(pupil, train, by_document, random.Random(seed))
    _say(f"after: {_share_right(pupil, dev, by_document):.3f}")
    torch.save(pupil.body.state_dict(), out)


class _Pupil:
    def __init__(self, base: Path, data: Path) -> None:
        plain = Tokenizer.from_file(str(base / "tokenizer.json"))
        plain.no_padding()
        plain.no_truncation()
        self._counts = torch.tensor(inverse_frequencies(plain, list(texts_of(data))))
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        self.body = AutoModel.from_pretrained(base, add_pooling_layer=False)

    def scores(self, questions: Sequence[str], texts: Sequence[str]) -> Tensor:
        """Answer (questions, texts) mean best cosines."""
        asked, inner, ids = self._vectors(questions)
        known, there, _ = self._vectors(texts)
        cosines = torch.einsum("qid,njd->qnij", asked, known)
        best = cosines.masked_fill(~there[None, :, None, :], -1e4).amax(-1)
        weights = self._counts[ids] * inner
        return (best * weights[:, None]).sum(-1) / weights.sum(-1).clamp(min=1e-6)[:, None]

    def _vectors(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        given = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt"
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.body(**given).last_hidden_state
        ids, special = given["input_ids"], self._tokenizer.all_special_ids
        inner = ~torch.isin(ids, torch.tensor(special))
        return functional.normalize(states.float(), dim=-1), inner, ids


def _epoch(
    pupil: _Pupil, rows: Sequence[Asked], by_document: Mapping[str, list[str]], chance: Any
) -> None:
    steps = len(rows) // BATCH
    optimizer = torch.optim.AdamW(pupil.body.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 20) * (1 - step / (steps + 1))
    )
    pupil.body.train()
    started, told = time.monotonic(), 0.0
    for step in range(steps):
        batch = rows[step * BATCH : (step + 1) * BATCH]
        texts, open_to = (
            [row.text for row in batch],
            torch.full((BATCH, BATCH * (1 + BESIDE)), False),
        )
        open_to[:, :BATCH] = True
        for place, row in enumerate(batch):
            others = [text for text in by_document[row.document] if text != row.text]
            open_to[place, len(texts) : len(texts) + BESIDE] = True
            texts += chance.sample(others, BESIDE)
        scores = SCALE * pupil.scores([row.question for row in batch], texts)
        loss = functional.cross_entropy(
            scores.masked_fill(~open_to, -1e4), torch.arange(len(batch))
        )
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation there
        torch.nn.utils.clip_grad_norm_(pupil.body.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        told += loss.item()
        if step % _SHOWN == _SHOWN - 1:
            seconds = time.monotonic() - started
            _say(f"step {step + 1} of {steps}: loss {told / _SHOWN:.3f}, {seconds:.0f} s")
            told = 0.0


def _share_right(
    pupil: _Pupil, rows: Sequence[Asked], by_document: Mapping[str, list[str]]
) -> float:
    """Answer how often a question's own sentence is best of twenty of its document."""
    pupil.body.eval()
    chance, right = random.Random(0), 0
    for row in rows:
        others = [text for text in by_document[row.document] if text != row.text]
        texts = [row.text, *chance.sample(others, min(_CHOICE, len(others)))]
        with torch.no_grad():
            right += int(pupil.scores([row.question], texts)[0].argmax() == 0)
    return right / max(1, len(rows))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
