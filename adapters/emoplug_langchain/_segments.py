"""The segments of documents, where each one is, and how one is answered."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from langchain_core.documents import Document

Cut: TypeAlias = Literal["sentences", "lines", "documents"]
"""What a segment is; ``documents`` takes each document as one."""

_PARTS = {
    # A sentence may go over a line's end, not over an empty line.
    "sentences": re.compile(
        r"\S(?:(?!\n\s*\n).)*?(?:[.!?…][\"')\]\u201d\u2019»]*(?=\s|$)|(?=\n\s*\n)|$)",
        re.S,
    ),
    "lines": re.compile(r"\S[^\n]*"),
    "documents": re.compile(r"\S.*", re.S),
}


@dataclass(frozen=True)
class Segment:
    """A piece of a document.

    Attributes:
        source: The whole document.
        document: Which of the documents given that is, counted from 0.
        span: Where in its text the piece is, from first to after last character.
    """

    source: Document
    document: int
    span: tuple[int, int]

    @property
    def text(self) -> str:
        """Its words."""
        return self.source.page_content[slice(*self.span)]

    def answered(self, score: float, place: int) -> Document:
        """Answer it as a document with its source's metadata; only a whole one keeps its id.

        Args:
            score: The probability that it is the cause.
            place: Which segment of its text it is, counted from 0.
        """
        found = {"score": score, "document": self.document, "span": list(self.span)}
        metadata = {**copy.deepcopy(self.source.metadata), **found, "segment": place}
        whole = self.text == self.source.page_content.strip()
        return Document(self.text, id=self.source.id if whole else None, metadata=metadata)


def segments_of(document: Document, place: int, cut: Cut) -> list[Segment]:
    """Cut the document at ``place`` of those given; of a blank one there are none."""
    found = _PARTS[cut].finditer(document.page_content)
    spans = ((match.start(), match.start() + len(match[0].rstrip())) for match in found)
    return [Segment(document, place, span) for span in spans]


def texts_of(documents: Sequence[Document], cut: Cut) -> list[list[Segment]]:
    """Answer the segments of each text, in order; texts without words are left out.

    Each document is a text; those that are segments themselves make one together with all others
    of the same ``source``.
    """
    texts: dict[object, list[Segment]] = {}
    for place, document in enumerate(documents):
        whole = repr(document.metadata.get("source")) if cut == "documents" else place
        texts.setdefault(whole, []).extend(segments_of(document, place, cut))
    return [segments for segments in texts.values() if segments]
