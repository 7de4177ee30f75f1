"""Any causal language model of the transformers library; torch is loaded with the model."""

from __future__ import annotations

from typing import Any

from emoplug import SettingsError
from emoplug_backtrace._lm import TOKENS, CausalModel, Integers, Logits


class TransformersModel(CausalModel):
    """Asks a model of ``AutoModelForCausalLM`` on the device where it is, and leaves it as it is.

    Args:
        model: The model, in evaluation mode, as ``from_pretrained`` leaves it.
        tokenizer: Its tokenizer.
        window: Most tokens that the model reads; what its config says, unless given.
        tokens: Most tokens of one pass.

    Raises:
        SettingsError: neither ``window`` nor the config tells the window, the tokenizer has no
            token that texts begin or end with, or the model is in training mode.
    """

    def __init__(
        self, model: Any, tokenizer: Any, window: int | None = None, tokens: int = TOKENS
    ) -> None:
        known = window or getattr(model.config, "max_position_embeddings", None)
        if known is None:
            raise SettingsError(
                "the model's config does not tell how many tokens it reads; give window=..."
            )
        begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
        start = end if begin is None else begin
        if start is None:
            raise SettingsError(
                "the tokenizer has neither a bos_token nor an eos_token to begin texts with; "
                "set tokenizer.bos_token to one of its tokens"
            )
        if model.training:
            raise SettingsError(
                "the model is in training mode and answers at random; call model.eval() first"
            )
        super().__init__(start, known, tokens)
        self._model, self._tokenizer = model, tokenizer

    def _encode(self, text: str) -> list[int]:
        # verbose=False: a text longer than the window is no mistake here, it is cut.
        tokens = self._tokenizer(text, add_special_tokens=False, verbose=False)
        return list(tokens["input_ids"])

    def _logits(self, ids: Integers, places: Integers) -> Logits:
        import torch

        given = torch.from_numpy(ids).to(self._model.device)
        at = torch.from_numpy(places).to(self._model.device)
        rows = torch.arange(len(ids), device=self._model.device)[:, None]
        with torch.inference_mode():
            logits = self._model(
                input_ids=given, attention_mask=torch.ones_like(given), use_cache=False
            ).logits[rows, at]
        answer: Logits = logits.float().cpu().numpy()
        return answer
