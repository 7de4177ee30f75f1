"""Any causal language model that was exported to ONNX without a cache of past tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from emoplug import WeightsError, no_telemetry
from emoplug_backtrace._lm import TOKENS, CausalModel, Integers, Logits

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LOGITS = "logits"
_INPUTS = frozenset({"input_ids", "attention_mask", "position_ids"})


class OnnxModel(CausalModel):
    """Runs a decoder that takes ``input_ids`` to ``logits``, (b, n) to (b, n, vocabulary).

    It may also ask for ``attention_mask`` and ``position_ids``.

    Args:
        path: The ONNX file.
        tokenizer_file: Its ``tokenizer.json``.
        window: Most tokens that the model reads; GPT-2's, unless given.
        start: The token that texts begin with; GPT-2's, unless given.
        tokens: Most tokens of one pass.
        providers: ONNX Runtime's execution providers, first choice first.

    Raises:
        WeightsError: a file is missing or of another kind, or ``start`` is none of its tokens.
    """

    def __init__(
        self,
        path: str | Path,
        tokenizer_file: str | Path,
        window: int = 1024,
        start: str = "<|endoftext|>",
        tokens: int = TOKENS,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> None:
        self._tokenizer = _read_tokenizer(tokenizer_file)
        first = self._tokenizer.token_to_id(start)
        if first is None:
            raise WeightsError(
                f"{tokenizer_file} has no token {start!r}; give start= the token that this "
                "model's texts begin with"
            )
        super().__init__(first, window, tokens)
        self._session = _open(path, providers)
        self._inputs = [given.name for given in self._session.get_inputs()]

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _logits(self, ids: Integers, places: Integers) -> Logits:
        offered = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "position_ids": np.broadcast_to(np.arange(ids.shape[1]), ids.shape),
        }
        feed = {name: np.ascontiguousarray(offered[name]) for name in self._inputs}
        (logits,) = self._session.run([LOGITS], feed)
        answer: Logits = logits[np.arange(len(ids))[:, None], places]
        return answer


def _read_tokenizer(path: str | Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise WeightsError(
            f"{path} is no tokenizer ({error}); give the tokenizer.json of the model"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _open(path: str | Path, providers: Sequence[str]) -> InferenceSession:
    no_telemetry()
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(path), providers=list(providers))
    except Exception as error:  # its exceptions share no base
        raise WeightsError(
            f"{path} cannot be loaded ({type(error).__name__}: {error}); give the ONNX file of a "
            "causal language model"
        ) from error
    strange = sorted({given.name for given in session.get_inputs()} - _INPUTS)
    if strange:
        raise WeightsError(
            f"{path} asks for {', '.join(strange[:3])}; export the model without past key values"
        )
    if LOGITS not in {made.name for made in session.get_outputs()}:
        raise WeightsError(f"{path} has no output {LOGITS!r}; export the model with its head")
    return session
