"""The ``read`` plugin: what each message says by itself, and what the conversation makes of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from emoplug import EmotionView, Encoding, Reading, SettingsError, Turn, hookimpl
from emoplug_emotion._dynamics import Chain, Floats, decode, shift
from emoplug_emotion._kept import Kept
from emoplug_emotion._mapping import by_map, by_rules
from emoplug_emotion._odd import oddness
from emoplug_emotion._parameters import SHIPPED, Parameters, read_parameters
from emoplug_emotion._read import reading_of_any, reading_of_one
from emoplug_emotion._said import Said
from emoplug_emotion._taxonomy import EKMAN, LABEL_SETS

log = logging.getLogger("emoplug.emotion")
OWN = "goemotions"
GROUPS = LABEL_SETS["meld"].labels
"""Ekman's emotions and neutral, in the order of the links between them."""


class Readings:
    """Reads every message that somebody said; silent without anything that knows emotions.

    Args:
        options: How to read.
        parameters: The file of what was learned about conversations.
    """

    class Options(BaseModel):
        """How to read.

        Attributes:
            labels: Label set of the readings: ``goemotions``, the encoder's own, of which any
                number may hold; or that of a data set of conversations, of which one holds.
            dynamics: Let earlier feelings bear on later ones (inertia and contagion). ``None``
                does so where it measured well: in the label sets of conversations, not among
                the 28, whose probabilities it leaves less well calibrated.
            permissive_only: Use nothing learned from data that forbid commercial use or ask for
                the same licence.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        labels: Literal["goemotions", "meld", "dailydialog", "emorynlp"] = "goemotions"
        dynamics: bool | None = None
        permissive_only: bool = False

    def __init__(self, options: Options | None = None, parameters: Path = SHIPPED) -> None:
        self.options = options or self.Options()
        self._path = parameters
        self._kept: dict[tuple[Hashable, ...], Kept] = {}
        self._links: dict[tuple[str, ...], tuple[Chain, list[int]]] = {}
        self._warned = threading.Event()

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading] | None:
        """Read every message, each in the light of those before it and never of those after.

        Raises:
            SettingsError: the encoder knows nothing of the label set asked for.
            WeightsError: the learned parameters are missing or corrupt.
        """
        readings = self._any(turn) if self.options.labels == OWN else self._one(turn)
        if readings is None and turn.encoded and not self._warned.is_set():
            self._warned.set()
            log.warning("nothing that knows emotions is on, so nothing is read; put 'onnx' first")
        return readings

    def odd_one_out(self, encoding: Encoding) -> Floats:
        """Score how far the feeling of each text is from that of the others.

        Args:
            encoding: The texts, three or more, such as ``Emoplug.encode`` answers.

        Returns:
            (n,) scores; the text with the highest is the odd one.

        Raises:
            EmoplugError: there are fewer than three texts, or the encoder knows no emotions.
        """
        return oddness(encoding)

    def warm_up(self) -> None:
        """Read the parameters now."""
        _ = self._parameters

    def diagnose(self) -> Mapping[str, str]:
        """Tell what the readings rest on, and under which licences."""
        learned = self._parameters
        return {
            "labels": self.options.labels,
            "dynamics": "on" if self._dynamic else "off",
            f"sha256 {self._path.name}": learned.sha256,
            **{f"learned {name}": source for name, source in learned.sources.items()},
        }

    @property
    def _dynamic(self) -> bool:
        chosen = self.options.dynamics
        return self.options.labels != OWN if chosen is None else chosen

    @cached_property
    def _parameters(self) -> Parameters:
        return read_parameters(self._path, self.options.permissive_only)

    def _any(self, turn: Turn) -> list[Reading] | None:
        encoding = turn.encoding
        if encoding is None or not encoding.labels:
            return None
        said, labels = Said.of(turn), encoding.labels
        spoken = list(said.spoken)
        table = encoding.emotions[spoken].astype(np.float64)
        if self._dynamic and len(spoken) > 1 and len(labels) > 1:
            chain, groups = self._links_between(labels)
            table = shift(chain, table, groups, [said.speakers[row] for row in spoken])
        cuts = encoding.thresholds

        def make(number: int) -> Reading | None:
            row = said.row(number, spoken, table)
            above = dict(zip(labels, cuts.tolist(), strict=True))
            return reading_of_any(row, labels, above) if row else None

        kept = self._kept_of(labels, cuts.tobytes())
        return kept.readings(said.facts(spoken, table), make)

    def _kept_of(self, *labels: Hashable) -> Kept:
        """Answer where readings in ``labels`` are kept."""
        return self._kept.setdefault(labels, Kept())

    def _links_between(self, labels: tuple[str, ...]) -> tuple[Chain, list[int]]:
        """Answer links, and for each label what it is in them: known labels by Ekman's groups."""
        if labels not in self._links:
            generic = self._parameters.generic
            if set(labels) <= set(EKMAN):
                chain = self._parameters.chain("encoder/ekman", GROUPS)
                groups = [GROUPS.index(EKMAN[label]) for label in labels]
                self._links[labels] = (chain or generic.chain(len(GROUPS)), groups)
            else:
                self._links[labels] = (generic.chain(len(labels)), list(range(len(labels))))
        return self._links[labels]

    def _one(self, turn: Turn) -> list[Reading] | None:
        name, said = self.options.labels, Said.of(turn)
        view = turn.comprehension.views.get(name) if turn.comprehension else None
        if view is None and (turn.encoding is None or not turn.encoding.labels):
            return None
        labels = view.labels if view else LABEL_SETS[name].labels
        found = {} if view is None else self._from_view(view, said)
        if len(found) < len(said.spoken):  # beyond the reader's window the encoder still answers
            found = {**self._from_encoder(turn, said, labels), **found}
        if view is None and said.spoken and not found:
            known = turn.encoding.labels if turn.encoding else ()
            raise SettingsError(
                f"the encoder's labels ({', '.join(known[:4])}, …) say nothing of those of {name}; "
                "set labels = 'goemotions' in the options of emotion to read in its own"
            )

        rows = sorted(found)
        table = np.array([found[row] for row in rows]).reshape(len(rows), len(labels))

        def make(number: int) -> Reading | None:
            row = said.row(number, rows, table)
            return reading_of_one(row, labels, LABEL_SETS[name]) if row else None

        return self._kept_of(name, labels).readings(said.facts(rows, table), make)

    def _from_view(self, view: EmotionView, said: Said) -> dict[int, Floats]:
        chain = self._parameters.chain(f"reader/{self.options.labels}", view.labels)
        table = view.probabilities[list(said.messages)].astype(np.float64)
        rows = [row for row in said.spoken if table[row].any()]
        return self._decoded(said, chain, rows, table[rows])

    def _from_encoder(self, turn: Turn, said: Said, labels: tuple[str, ...]) -> dict[int, Floats]:
        encoding, name = turn.encoding, self.options.labels
        target, rows = LABEL_SETS[name], list(said.spoken)
        if encoding is None or not encoding.labels or labels != target.labels:
            return {}
        given = encoding.emotions[rows].astype(np.float64)
        mapped = self._parameters.maps.get(name)
        table = by_map(mapped, encoding.labels, given) if mapped else None
        if table is not None:
            chain = self._parameters.chain(f"encoder/{name}", labels)
            return self._decoded(said, chain, rows, table)
        generic = self._parameters.generic
        table = by_rules(target, encoding.labels, given, generic.scale)
        chain = replace(generic.chain(len(labels)), scale=1.0)  # the rules have scaled already
        return {} if table is None else self._decoded(said, chain, rows, table)

    def _decoded(
        self, said: Said, chain: Chain | None, rows: Sequence[int], table: Floats
    ) -> dict[int, Floats]:
        if chain is not None and self._dynamic and len(rows) > 1:
            table = decode(chain, table, [said.speakers[row] for row in rows])
        return dict(zip(rows, table, strict=True))
