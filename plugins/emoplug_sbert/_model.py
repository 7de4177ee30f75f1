"""A SentenceTransformer, opened without a sound, that never cuts a text off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from emoplug import DeviceError, PluginLoadError, WeightsError, missing_extra
from emoplug_sbert._windows import Window, cut

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Floats = NDArray[np.float32]
Device = Literal["auto", "cpu", "cuda"]
PACKAGE = "sentence_transformers"
MOST_TOKENS = 512
"""Longest window: heads are trained on short texts, and memory grows with the square of this."""
_TINY = 1e-6


class SentenceModel:
    """Texts in, unit vectors out; one thread at a time, as its tokenizer demands.

    Attributes:
        source: Folder or hub id.
        device: Where it runs, in torch's words.
        window: Most tokens in one pass; infinite for a model that reads texts of any length.
    """

    def __init__(self, source: str, device: Device, batch: int) -> None:
        self._model, self._batch = _open(source, device), batch
        self.source, self.device = source, str(self._model.device)
        tokenizer = getattr(self._model, "tokenizer", None)
        # Bags of words have a tokenizer of another kind, and no window.
        self._tokenizer = tokenizer if callable(tokenizer) else None
        limit = self._model.max_seq_length or MOST_TOKENS
        self.window = min(limit, MOST_TOKENS) if self._tokenizer else float("inf")
        self._prompt = self._model.prompts.get(self._model.default_prompt_name or "") or ""
        self._frame = self._tokens([""])[0]

    def cut(self, texts: Sequence[str]) -> list[Window]:
        """Cut texts into windows that fit with special tokens and the model's own prompt."""
        # Half of a surrogate pair, as broken clients send it, is no text for a tokenizer.
        sound = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return cut(sound, max(1, self.window - self._frame), self._count)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Answer (n, d) unit vectors; equal components where the model knows nothing of a text.

        Raises:
            WeightsError: the model answers what is no number.
        """
        raw = self._model.encode(list(texts), batch_size=self._batch, show_progress_bar=False)
        rows = np.asarray(raw, dtype=np.float32)
        if not np.isfinite(rows).all():
            raise WeightsError(f"model {self.source!r} answers NaN or infinity; use another model")
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return unit(np.where(norms > _TINY, rows, np.float32(1)))

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [tokens - self._frame for tokens in self._tokens(texts)]

    def _tokens(self, texts: Sequence[str]) -> list[int]:
        if self._tokenizer is None:
            return [0] * len(texts)
        asked = [self._prompt + text for text in texts]
        found = self._tokenizer(asked, truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in found["input_ids"]]


def unit(rows: Floats) -> Floats:
    """Answer ``rows`` at length 1; rows of no length stay as they are."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.maximum(norms, np.float32(_TINY))
    return scaled


def require_package() -> None:
    """Make sure that sentence-transformers is installed, without the seconds it takes to import.

    Raises:
        PluginLoadError: it is not; names the extra.
    """
    if find_spec(PACKAGE) is None:
        raise _missing(PACKAGE)


def _missing(module: str) -> PluginLoadError:
    fix = f"try: pip install {missing_extra(PACKAGE)!r}"
    return PluginLoadError("sbert", f"needs {module}, which is not installed", fix, module)


def _open(source: str, device: Device) -> SentenceTransformer:
    if source.startswith((".", "/", "~")) and not Path(source).is_dir():
        raise WeightsError(f"no model at {source!r}; give a SentenceTransformer's folder or hub id")
    try:
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError as error:
        raise _missing(error.name or PACKAGE) from error
    chosen = _chosen(device)
    try:
        with _no_progress_bars():
            return SentenceTransformer(
                source, device=chosen, local_files_only=Path(source).is_dir()
            ).eval()
    except Exception as error:  # torch, transformers and the hub share no base
        raise WeightsError(
            f"model {source!r} cannot be loaded ({type(error).__name__}: {error}); give the folder "
            "of a SentenceTransformer, or a hub id and a network to fetch it by"
        ) from error


def _chosen(device: Device) -> str:
    import torch

    if device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise DeviceError(
            f"asked for CUDA, but torch {torch.__version__} finds none; install a torch built for "
            'your CUDA, or set device="cpu"'
        )
    return "cpu"


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # not annotated there
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # likewise
