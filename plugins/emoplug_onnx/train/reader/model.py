"""The network: one pass over a conversation in which nobody sees what is said later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel
from transformers.models.bert.modeling_bert import BertLayer

HEADS = {
    "meld": 7,
    "dailydialog": 7,
    "emorynlp": 7,
    "empatheticdialogues": 32,
    "esconv": 8,
    "wassa": 2,
}
"""Task to columns, for the heads that read one utterance."""
DETACHED = frozenset({"emorynlp"})
"""Heads whose errors do not reach the body: EmoryNLP shares lines with MELD's test set."""
FAR = 15
"""Distances from here on, in utterances, are one."""
HIDDEN = 256
UNSEEN = -50.0
"""Added to the scores of what must not be seen. Finite, so that rows of padding alone give numbers;
and no less than needed: powers of much lower numbers are subnormal, on which some processors take
seven times as long."""


class DialogueReader(nn.Module):
    """Reads a conversation: emotion of each utterance in context, causes, words, strategy.

    In the body each token attends to its own utterance and to earlier ones. So what it says of an
    utterance is the same whatever follows, and one pass over a dialogue trains and measures every
    utterance with nothing but its past. For causes one more layer reads the tokens up to the target
    again, with the target marked and everyone told how far away it is.
    """

    def __init__(self, body: nn.Module, dropout: float = 0.1) -> None:
        super().__init__()
        config = body.config
        width: int = config.hidden_size  # type: ignore[union-attr, assignment]
        self.body = body
        self.heads = nn.ModuleDict(
            {task: _head(2 * width, size, dropout) for task, size in HEADS.items()}
        )
        self.again: nn.Module = BertLayer(config)  # type: ignore[no-untyped-call]  # theirs
        self.distance = nn.Embedding(FAR + 1, width)
        self.same = nn.Embedding(2, width)
        for table in (self.distance, self.same):
            nn.init.normal_(table.weight, std=0.02)
        self.cause = _head(3 * width, 1, dropout)
        self.words = nn.Linear(width, 2)

    def tokens(self, ids: Tensor, owner: Tensor) -> Tensor:
        """Answer (b, n, width) token states; ``owner`` is each token's utterance, -1 padding."""
        allowed = (owner.unsqueeze(1) <= owner.unsqueeze(2)) & (owner >= 0).unsqueeze(1)
        states: Tensor = self.body.embeddings(input_ids=ids)  # type: ignore[operator]  # a module
        mask = _additive(allowed, states.dtype)
        for layer in self.body.encoder.layer:  # type: ignore[union-attr]  # a module list
            states = _run(layer, states, mask)
        return states

    def utterances(self, states: Tensor, pool: Tensor, starts: Tensor) -> Tensor:
        """Answer (b, u, 2 width): mean of each utterance's tokens beside its first.

        Args:
            states: (b, n, width).
            pool: (b, u, n), 1 / length where the token is the utterance's.
            starts: (b, u) position of each utterance's first token.
        """
        mean = pool.to(states.dtype) @ states
        first = states.gather(1, starts.unsqueeze(-1).expand(-1, -1, states.shape[-1]))
        return torch.cat([mean, first], dim=-1)

    def judge(self, task: str, utterances: Tensor) -> Tensor:
        """Answer the (b, u, labels) logits of one task."""
        answer: Tensor = self.heads[task](utterances.detach() if task in DETACHED else utterances)
        return answer

    def causes(
        self, states: Tensor, owner: Tensor, target: Tensor, same: Tensor, pool: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Answer (b, u) cause logits and (b, n, 2) logits of first and last causing word.

        Args:
            states: (b, n, width), from ``tokens``.
            owner: (b, n).
            target: (b,) the utterance whose emotion is to be explained.
            same: (b, n) 1 where the token was said by the target's speaker.
            pool: (b, u, n).
        """
        away = (target.unsqueeze(1) - owner).clamp(min=0)
        allowed = ((owner >= 0) & (owner <= target.unsqueeze(1))).unsqueeze(1)
        mask = _additive(allowed.expand(-1, owner.shape[1], -1), states.dtype)
        read = _run(self.again, self.marked(states, away, same), mask)
        mean = pool.to(read.dtype) @ read
        row = target.view(-1, 1, 1).expand(-1, 1, mean.shape[-1])
        return self.caused(read, mean, mean.gather(1, row))

    def marked(self, states: Tensor, away: Tensor, same: Tensor) -> Tensor:
        """Answer (b, n, width) ``states`` with everyone told where they stand.

        Args:
            states: (b, n, width).
            away: (b, n) how many utterances lie between each token and the target.
            same: (b, n) 1 where the token was said by the target's speaker.
        """
        marked: Tensor = states + self.distance(away.clamp(max=FAR)) + self.same(same)
        return marked

    def caused(self, read: Tensor, mean: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Answer (b, u) cause logits and (b, n, 2) logits of first and last causing word.

        Args:
            read: (b, n, width) marked states, read again.
            mean: (b, u, width) their mean in each utterance.
            wanted: (b, 1, width) that of the target.
        """
        pair = torch.cat([mean, wanted.expand_as(mean), mean * wanted], dim=-1)
        return self.cause(pair).squeeze(-1), self.words(read)


def build(
    base: Path, kept: Sequence[int], attention: str, start: Path | None, dropout: float = 0.0
) -> DialogueReader:
    """Put fresh heads on a sentence model.

    Args:
        base: Folder of all-MiniLM-L6-v2.
        kept: Rows of its word embeddings that are kept, in order.
        attention: ``sdpa`` to train; ``eager`` to export, plain matrix products.
        start: Checkpoint of an utterance encoder whose body is taken, in place of the base's.
        dropout: Share of the body's states that training drops.
    """
    body = AutoModel.from_pretrained(
        base,
        attn_implementation=attention,
        add_pooling_layer=False,
        hidden_dropout_prob=dropout,
        # Dropout of attention keeps the CPU from its fast one, and more than halves the speed.
        attention_probs_dropout_prob=0.0,
    )
    if start is not None:
        state = torch.load(start, map_location="cpu", weights_only=True)["model"]
        own = {n.removeprefix("body."): w for n, w in state.items() if n.startswith("body.")}
        body.load_state_dict(own)
    table = body.embeddings.word_embeddings
    small = nn.Embedding(len(kept), table.embedding_dim, padding_idx=0)
    small.weight.data.copy_(table.weight.data[torch.tensor(kept)])
    body.embeddings.word_embeddings = small
    reader = DialogueReader(body)
    reader.again.load_state_dict(body.encoder.layer[-1].state_dict())
    return reader


def _additive(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    return (1.0 - allowed.unsqueeze(1).to(dtype)) * UNSEEN


def _run(layer: nn.Module, states: Tensor, mask: Tensor) -> Tensor:
    answer: Tensor = layer(states, attention_mask=mask)
    return answer


def _head(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(inputs, HIDDEN),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(HIDDEN, outputs),
    )
