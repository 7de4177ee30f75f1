"""The network: one transformer body, three heads, one forward pass."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

AFFECT_SIZE = 3


class EmotionEncoder(nn.Module):
    """Turns token ids into an embedding, emotion logits and affect.

    The embedding head starts as the identity and learns to undo what fine-tuning does to the body,
    so that cosines stay those of the original sentence model. The emotion and affect heads read the
    same mean-pooled tokens beside the first token, through one hidden layer each. Sentiment hangs
    on affect's hidden layer: it teaches valence from more texts than have valence ratings, and
    does not ship.
    """

    def __init__(self, body: nn.Module, labels: int, dropout: float = 0.1) -> None:
        super().__init__()
        width: int = body.config.hidden_size  # type: ignore[assignment, union-attr]
        self.body = body
        self.embed = nn.Linear(width, width)
        nn.init.eye_(self.embed.weight)
        nn.init.zeros_(self.embed.bias)
        self.emotion = nn.Sequential(_hidden(2 * width, width, dropout), nn.Linear(width, labels))
        self.feeling = _hidden(2 * width, width, dropout)
        self.affect = nn.Linear(width, AFFECT_SIZE)
        self.sentiment = nn.Linear(width, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Answer what ships: (n, d) unit embeddings, (n, labels) logits and (n, 3) affect."""
        answers = self.answers(input_ids, attention_mask)
        return answers["embedding"], answers["emotion"], answers["affect"]

    def answers(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """Answer the embeddings and each training task, by name."""
        states = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-6)
        features = torch.cat([mean, states[:, 0]], dim=-1)
        feeling = self.feeling(features)
        return {
            "embedding": functional.normalize(self.embed(mean), dim=-1),
            "emotion": self.emotion(features),
            "affect": self.affect(feeling),
            "sentiment": self.sentiment(feeling),
        }


def build(
    base: Path, labels: int, attention: str = "eager", dropout: float = 0.0
) -> EmotionEncoder:
    """Put fresh heads on the sentence model saved in the folder ``base``.

    Args:
        base: Folder of all-MiniLM-L6-v2, or of a larger one of its kind for a teacher.
        labels: Columns of the emotion head.
        attention: ``sdpa`` to train; ``eager`` to export, plain matrix products.
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
    return EmotionEncoder(body, labels)


def attention_of(base: Path) -> str:
    """Name the attention that trains ``base`` fastest: not every architecture has the fast one."""
    kind = json.loads((base / "config.json").read_text(encoding="utf-8"))["model_type"]
    return "eager" if kind == "mpnet" else "sdpa"


def _hidden(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout), nn.Linear(inputs, outputs), nn.GELU(), nn.Dropout(dropout)
    )
