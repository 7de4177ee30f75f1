"""``index.json``: what a saved index consists of, and how to tell that it is whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emoplug import StoreError

NAME = "index.json"
FORMAT = 1


class FileFacts(BaseModel):
    """How to tell that a file is whole: its length in bytes and its SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: int
    sha256: str


def names_of(generation: int) -> tuple[str, str]:
    """Answer the names of a generation's files: of the vectors, and of the rows."""
    return f"vectors-{generation:06d}.faiss", f"rows-{generation:06d}.npz"


class Manifest(BaseModel):
    """What one save has left.

    Attributes:
        format: Version of the layout.
        generation: Number of the save, from 1.
        kind: How its faiss index searches.
        size: Numbers in a vector.
        count: Rows.
        sessions: Names of the sessions; the rows hold positions in this list.
        vectors: The faiss index.
        rows: The columns.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    generation: int = Field(ge=1)
    kind: Literal["flat", "ivf"]
    size: int = Field(ge=1)
    count: int = Field(ge=0)
    sessions: tuple[str, ...]
    vectors: FileFacts
    rows: FileFacts

    def to_bytes(self) -> bytes:
        """Answer the file's content: the fields and their own SHA-256."""
        fields = self.model_dump(mode="json")
        return json.dumps({**fields, "sha256": _digest(fields)}, indent=1).encode()


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest in ``folder``; ``None`` where there is none.

    Raises:
        StoreError: it cannot be read, is corrupt, or of a format this version does not know.
    """
    path = folder / NAME
    try:
        fields = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error}); mend its permissions") from error
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, error) from error
    if not isinstance(fields, dict):
        raise _corrupt(path, "it is no object")
    if fields.get("format") != FORMAT:
        raise StoreError(
            f"{path} has format {fields.get('format')!r}, this emoplug knows {FORMAT}; "
            "install the emoplug that wrote it, or build the index anew"
        )
    digest = fields.pop("sha256", None)
    if digest != _digest(fields):
        raise _corrupt(path, "its content does not have the SHA-256 it tells")
    try:
        return Manifest.model_validate(fields)
    except ValidationError as error:
        raise _corrupt(path, error) from error


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _corrupt(path: Path, problem: object) -> StoreError:
    return StoreError(f"{path} is corrupt ({problem}); put back a copy, or build the index anew")
