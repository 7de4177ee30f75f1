"""Turns examples into the numbers that head and judge are fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emoplug_safety._detect import Pieces, asked, learned_from, pieces
from emoplug_safety._evidence import COLUMNS, LEARNED, columns
from emoplug_safety._head import Floats, inputs
from emoplug_safety._odds import Encode
from emoplug_safety._rules import KINDS, SCOPES, Found, Rules
from emoplug_safety.train.data import Example
from emoplug_safety.train.fit import fit

PENALTY = 0.1
BACKGROUND = 0.2
"""How much a background text counts for the head, against 1 for a sentence of ours."""
OTHER_KIND = 0.25
"""How much a danger of one kind counts as no danger of another: some are both."""
UNKNOWN = 0.4
"""Share of dangers whose words the judge takes for unknown to the rules.

The rules were written by people who knew these sentences. On sentences written later they knew
41 % of the plain and 7 % of the veiled ones, so what they do not say must not count for much.
"""
JUDGE_PENALTY = 1.0
_TOGETHER = 256


@dataclass(frozen=True)
class Table:
    """Examples as numbers.

    Attributes:
        examples: n of them.
        found: What the rules say of each.
        parts: What is encoded of each.
        rows: Which row of ``encoded`` each text is.
        encoded: (texts, size + labels).
        right: (n, kinds) 1 where the danger is of that kind.
    """

    examples: Sequence[Example]
    found: Sequence[Found]
    parts: Sequence[Pieces]
    rows: dict[str, int]
    encoded: Floats
    right: Floats

    @property
    def ours(self) -> Floats:
        """(n,) 1 for our own sentences, 0 for the background."""
        return np.array([float(e.group >= 0) for e in self.examples])

    @property
    def main(self) -> Floats:
        """(n, size + labels): each text, or an answer with what it answers."""
        chosen = [p.texts[-1] if p.answer else p.texts[0] for p in self.parts]
        picked: Floats = self.encoded[[self.rows[text] for text in chosen]]
        return picked

    def counts(self, background: float) -> Floats:
        """(n, kinds): how much each example counts for each kind."""
        ours = np.where(self.ours > 0, 1.0, background)[:, None]
        elsewhere = (self.right.sum(axis=1, keepdims=True) > 0) & (self.right == 0)
        weights: Floats = np.where(elsewhere, OTHER_KIND, ours)
        return weights


def tabulate(examples: Sequence[Example], rules: Rules, encode: Encode) -> Table:
    """Ask the rules and the encoder about every example."""
    found = [rules.find(example.text, example.before) for example in examples]
    parts = [pieces(e.text, e.before, f) for e, f in zip(examples, found, strict=True)]
    texts = sorted({text for part in parts for text in part.texts})
    encoded = [
        inputs(encode(texts[start : start + _TOGETHER]))
        for start in range(0, len(texts), _TOGETHER)
    ]
    right = np.array([[float(e.risk == kind) for kind in KINDS] for e in examples])
    rows = {text: row for row, text in enumerate(texts)}
    return Table(examples, found, parts, rows, np.concatenate(encoded), right)


def fit_head(table: Table, chosen: Floats) -> Floats:
    """Answer (kinds + 1, columns + 1) weights fitted on the chosen examples, (n,) of bool."""
    main, counts = table.main, table.counts(BACKGROUND)
    rows = [
        fit(main[chosen], table.right[chosen, kind], PENALTY, counts[chosen, kind])
        for kind in range(len(KINDS))
    ]
    told = chosen & np.array([e.about is not None for e in table.examples])
    other = np.array([float(e.about == "other") for e in table.examples])
    rows.append(fit(main[told], other[told], PENALTY, np.ones(int(told.sum()))))
    return np.array(rows)


def evidence(table: Table, head: Floats | None, place: int) -> Floats:
    """Answer (kinds, columns + kinds) of one example; without a head, by rules alone."""
    learned = None
    if head is not None:
        weights, bias = head[:, :-1].T, head[:, -1]

        def odds(texts: Sequence[str]) -> Floats:
            rows: Floats = table.encoded[[table.rows[text] for text in texts]] @ weights + bias
            return rows

        learned = learned_from(*asked(table.parts[place], table.found[place], odds))
    numbers = [columns(table.found[place], kind, learned) for kind in KINDS]
    return np.concatenate([numbers, np.eye(len(KINDS))], axis=1)


def fit_judge(table: Table, numbers: Floats, chosen: Floats) -> Floats:
    """Answer (columns + kinds,) weights of the evidence, (n, kinds, columns + kinds)."""
    right, counts = table.right[chosen].reshape(-1), table.counts(1.0)[chosen].reshape(-1)
    rows = numbers[chosen].reshape(-1, numbers.shape[2])
    meant = right > 0
    unknown = rows[meant].copy()
    unknown[:, LEARNED : len(COLUMNS) - len(SCOPES)] = 0
    weights = fit(
        np.concatenate([rows, unknown]),
        np.concatenate([right, np.ones(len(unknown))]),
        JUDGE_PENALTY,
        np.concatenate(
            [np.where(meant, counts * (1 - UNKNOWN), counts), UNKNOWN + 0 * right[meant]]
        ),
    )
    kinds = weights[len(COLUMNS) : -1] + weights[-1]
    return np.concatenate([weights[: len(COLUMNS)], kinds])
