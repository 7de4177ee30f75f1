"""What an evaluation found, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer


def _plain(value: Any) -> Any:
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, Mapping) else value


_FROZEN = (AfterValidator(lambda values: MappingProxyType(dict(values))), PlainSerializer(_plain))
Scores = Annotated[Mapping[str, float], *_FROZEN]
"""Metric name to value."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Published(_Value):
    """Scores that somebody published.

    Attributes:
        system: What was measured.
        metrics: Its scores, named as ours.
        on: The rows it was measured on.
        source: Where the figures are from.
        note: What makes them less comparable.
    """

    system: str
    metrics: Scores
    on: str = "whole official test set"
    source: str
    note: str = ""


class Data(_Value):
    """What was measured on.

    Attributes:
        file: Name of the file, with its folder's.
        split: ``test``, ``dev`` or ``train`` where the file's name says so, else empty.
        example: What one of the ``n`` scored rows is.
        resampled_by: Which rows are drawn together for the intervals.
        source: Where the data set comes from.
        licence: Its licence as stated there.
        notes: What to know before quoting a number.
    """

    file: str
    split: str
    example: str
    resampled_by: str
    source: str
    licence: str
    notes: tuple[str, ...] = ()


class Report(_Value):
    """One benchmark, measured.

    Attributes:
        benchmark: Its name.
        n: Scored rows.
        metrics: Our scores.
        intervals: 95 % bootstrap interval of each.
        baselines: Scores of simple answers, and of ourselves without some part, on the same rows.
        published: What others have.
        weights: SHA-256 of each weights file in use.
        data: What was measured on.
    """

    benchmark: str
    n: int
    metrics: Scores
    intervals: Annotated[Mapping[str, tuple[float, float]], *_FROZEN]
    baselines: Annotated[Mapping[str, Scores], *_FROZEN]
    published: tuple[Published, ...]
    weights: Annotated[Mapping[str, str], *_FROZEN]
    data: Data

    def as_json(self) -> dict[str, Any]:
        """Answer it as plain JSON values."""
        return self.model_dump(mode="json")
