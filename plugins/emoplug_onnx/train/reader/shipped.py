"""The network as it ships: two graphs, so that a turn reads only what is new in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from emoplug_onnx._reader_weights import CAUSES, MODEL
from emoplug_onnx.train.dequantize import read_floats
from emoplug_onnx.train.reader.model import HEADS, UNSEEN, DialogueReader

PREFIX = "reader."
"""What both graphs put before the names of the reader's weights."""


class Attend(torch.autograd.Function):
    """Attention of several heads; in a file one operator, which ONNX Runtime runs as one."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, bias: Any, heads: int) -> Any:
        """Answer (b, n, width) for (b, n, width) queries and (b, m, width) keys and values.

        Args:
            ctx: Not used: this is never trained through.
            query: (b, n, width).
            key: (b, m, width).
            value: (b, m, width).
            bias: (b, 1, n, m), added to the scores; or ``None``.
            heads: How many.
        """

        def split(states: Tensor) -> Tensor:
            return states.view(*states.shape[:2], heads, -1).transpose(1, 2)

        answer = functional.scaled_dot_product_attention(
            split(query), split(key), split(value), attn_mask=bias
        )
        return answer.transpose(1, 2).flatten(2)

    @staticmethod
    def symbolic(g: Any, query: Any, key: Any, value: Any, bias: Any, heads: int) -> Any:
        """Write the operator, whose inputs 3 and 4 are left out."""
        inputs = [query, key, value]
        if bias is not None:
            nothing = g.op("prim::Constant")
            nothing.setType(torch._C.OptionalType.ofTensor())
            inputs += [nothing, nothing, bias]
        operator = "com.microsoft::MultiHeadAttention"
        return g.op(operator, *inputs, num_heads_i=heads).setType(query.type())


class Reading(nn.Module):
    """Reads the new utterances of a conversation, in the light of what was read of it before."""

    def __init__(self, reader: DialogueReader) -> None:
        super().__init__()
        self.reader = reader

    def forward(
        self,
        ids: Tensor,
        position: Tensor,
        owner: Tensor,
        pool: Tensor,
        starts: Tensor,
        past: Sequence[Tensor],
    ) -> tuple[Tensor, ...]:
        """Answer each head's logits of the new utterances, and what later ones need.

        Args:
            ids: (1, n) new tokens.
            position: (1, n) their places in the window.
            owner: (1, n) their utterances, in rising order.
            pool: (1, u, n), 1 / length where the token is the utterance's.
            starts: (1, u) each utterance's first new token.
            past: Keys and values of each layer, by turns, (1, m, width) float16 each.

        Returns:
            (1, u, labels) for each head; and (2 layers + 1, n, width) float16: keys and values of
            the new tokens, and their states.
        """
        body: Any = self.reader.body
        states = body.embeddings(ids, torch.zeros_like(ids), position)
        bias = _bias(owner, past[0])
        kept = []
        for index, layer in enumerate(body.encoder.layer):
            seen = past[2 * index].float(), past[2 * index + 1].float()
            states, *new = _run(layer, states, seen, bias)
            kept += new
        utterances = self.reader.utterances(states, pool, starts)
        judged = [self.reader.judge(task, utterances) for task in HEADS]
        return (*judged, torch.cat([*kept, states]).half())


class Explaining(nn.Module):
    """Says which of the utterances up to the last caused its emotion."""

    def __init__(self, reader: DialogueReader) -> None:
        super().__init__()
        self.reader = reader

    def forward(
        self, states: Tensor, away: Tensor, same: Tensor, pool: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Answer (1, u) cause logits and (1, n, 2) logits of first and last causing word.

        Args:
            states: (1, n, width) float16, as read.
            away: (1, n) how many utterances before the last each token was said.
            same: (1, n) 1 where the speaker of the last said it.
            pool: (1, u, n).
        """
        reader, nothing = self.reader, states[:, :0].float()
        marked = reader.marked(states.float(), away, same)
        read, *_ = _run(reader.again, marked, (nothing, nothing), None)
        mean = pool @ read
        return reader.caused(read, mean, mean[:, -1:])


def read_shipped(folder: Path) -> dict[str, Tensor]:
    """Answer a reader's weights as floats, by their names in the network, from its int8 files."""
    return {
        name: weight
        for file in (MODEL, CAUSES)
        for name, weight in read_floats(folder / file, PREFIX).items()
    }


def _bias(owner: Tensor, seen: Tensor) -> Tensor:
    """Answer (1, 1, n, m + n): all that was seen is open, and of what is new what is not later."""
    later = owner.unsqueeze(1) > owner.unsqueeze(2)
    closed = later.to(torch.float32) * UNSEEN
    shape = owner.shape[0], owner.shape[1], seen.shape[1]
    return torch.cat([torch.zeros(shape), closed], dim=-1).unsqueeze(1)


def _run(
    layer: Any, states: Tensor, seen: tuple[Tensor, Tensor], bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Answer new states, and the new keys and values, of one layer of BERT."""
    attention = layer.attention
    own = attention.self
    query, key, value = own.query(states), own.key(states), own.value(states)
    keys, values = (torch.cat(pair, dim=1) for pair in zip(seen, (key, value), strict=True))
    found = Attend.apply(query, keys, values, bias, own.num_attention_heads)  # type: ignore[no-untyped-call]  # theirs
    middle = attention.output.LayerNorm(attention.output.dense(found) + states)
    wide = functional.gelu(layer.intermediate.dense(middle))
    return layer.output.LayerNorm(layer.output.dense(wide) + middle), key, value
