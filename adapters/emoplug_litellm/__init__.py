"""emoplug for LiteLLM: a callback for its async SDK, router and proxy; a wrapper for the rest.

    litellm.callbacks = [EmotionLogger()]
    reply = await litellm.acompletion(model="openai/gpt-5-mini", messages=messages)

    completion = emoplug_litellm.wrap(litellm.completion)      # LiteLLM lets no callback guide it

In the configuration of LiteLLM's proxy: ``callbacks: emoplug_litellm.handler``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emoplug_litellm._logger import EmotionLogger
from emoplug_litellm._wrap import wrap

if TYPE_CHECKING:
    handler: EmotionLogger

__all__ = ["EmotionLogger", "handler", "wrap"]


def __getattr__(name: str) -> Any:
    if name != "handler":
        raise AttributeError(f"module 'emoplug_litellm' has no attribute {name!r}")
    from emoplug import Emoplug, Settings

    emo = Emoplug(Settings.load())
    emo.warm_up()  # a proxy's first request is not to wait for the weights
    globals()["handler"] = EmotionLogger(emo)
    return globals()["handler"]
