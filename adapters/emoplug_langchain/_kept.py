"""A document as a store keeps it: nothing that JSON would change or lose."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document

Metadata = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One document.

    Attributes:
        id: Its name in the store.
        text: Its words.
        metadata: What else is known of it, in JSON's own types; never changed.
    """

    id: str
    text: str
    metadata: Metadata

    def document(self) -> Document:
        """Answer it as LangChain's document, which the caller may change."""
        return Document(self.text, id=self.id, metadata=_copied(self.metadata))


def as_documents(
    texts: Sequence[str],
    metadatas: Sequence[Mapping[Any, Any]] | None,
    ids: Sequence[str | None] | None,
) -> list[Kept]:
    """Put together what a caller gives; ids that are missing are made up.

    Metadata is copied as JSON gives it back: tuples are lists.

    Raises:
        ValueError: there are not as many of one as of another, or JSON cannot hold some metadata;
            the message names the key.
    """
    for what, given in (("metadatas", metadatas), ("ids", ids)):
        if given and len(given) != len(texts):
            raise ValueError(f"there are {len(texts)} texts and {len(given)} {what}; give as many")
    return [
        Kept(name or str(uuid.uuid4()), text, _checked(metadata or {}))
        for text, metadata, name in zip(
            texts, metadatas or [{}] * len(texts), ids or [None] * len(texts), strict=True
        )
    ]


def last_of_each(documents: Sequence[Kept]) -> list[Kept]:
    """Answer the last of those with the same id."""
    return list({kept.id: kept for kept in documents}.values())


def _checked(metadata: Mapping[Any, Any]) -> Metadata:
    for key, value in metadata.items():
        _check(key, value, repr(key))
    return _copied(metadata)


def _copied(metadata: Mapping[Any, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(metadata))
    return copy


def _check(key: object, value: object, path: str) -> None:
    if not isinstance(key, str):
        raise ValueError(f"metadata key {path} is no text; name it by a text")
    if isinstance(value, dict):
        for inner, nested in value.items():
            _check(inner, nested, f"{path}, {inner!r}")
    elif isinstance(value, list | tuple):
        for nested in value:
            _check(key, nested, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"metadata key {path} is {value}, which JSON does not know; leave it out")
    elif not isinstance(value, str | int | float | None):
        kind = type(value).__name__
        raise ValueError(
            f"metadata key {path} holds a {kind}, which JSON does not know; "
            "give text, numbers, true or false, lists or mappings of them"
        )
