"""What the reader gets wrong about causes and their words."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from emoplug_onnx.train.reader.model import DialogueReader
from emoplug_onnx.train.reader.samples import Padded, Sample, Target

NO_WORD = -10_000.0
WORDS_WEIGHT = 0.5


def cause_loss(
    model: DialogueReader, states: Tensor, padded: Padded, batch: Sequence[Sample]
) -> Tensor:
    """Answer the loss of all targets of a batch: which utterances, and which words in them.

    The body has read each dialogue once; only the last layer runs once for each target.
    """
    rows = [(row, target) for row, sample in enumerate(batch) for target in sample.targets]
    of = torch.tensor([row for row, _ in rows], device=states.device)
    wanted = torch.tensor([target.target for _, target in rows], device=states.device)
    same = same_speaker(batch, rows, padded).to(states.device)
    owner = padded.owner[of]
    causes, words = model.causes(states[of], owner, wanted, same, padded.pool[of])
    truth = torch.zeros_like(causes, dtype=torch.float32)
    known = torch.zeros_like(truth)
    for index, (_, target) in enumerate(rows):
        size = len(target.caused)
        truth[index, :size] = torch.tensor(target.caused, dtype=torch.float32)
        known[index, :size] = 1
    loss = functional.binary_cross_entropy_with_logits(causes.float(), truth, reduction="none")
    total = (loss * known).sum() / known.sum()
    spans = [(number, *span) for number, (_, target) in enumerate(rows) for span in target.spans]
    if not spans:
        return total
    place, utterance, first, last = torch.tensor(spans, device=states.device).unbind(1)
    elsewhere = owner[place] != utterance.unsqueeze(1)
    logits = words.float()[place].masked_fill(elsewhere.unsqueeze(-1), NO_WORD)
    edges = functional.cross_entropy(logits[..., 0], first)
    edges = edges + functional.cross_entropy(logits[..., 1], last)
    return total + WORDS_WEIGHT * edges


def same_speaker(
    batch: Sequence[Sample], rows: Sequence[tuple[int, Target]], padded: Padded
) -> Tensor:
    """Answer (targets, n): 1 where a token was said by the speaker of the target."""
    same = torch.zeros(len(rows), padded.ids.shape[1], dtype=torch.long)
    for index, (row, target) in enumerate(rows):
        speakers = batch[row].speakers
        own = torch.tensor([name == speakers[target.target] for name in speakers]).long()
        owner = torch.from_numpy(batch[row].layout.owner)
        same[index, : len(owner)] = own[owner]
    return same
