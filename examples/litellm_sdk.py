"""LiteLLM with emoplug: a callback guides its async functions, a wrapper the synchronous ones."""

from __future__ import annotations

import asyncio
import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no look on the network for prices

import litellm

import emoplug_litellm
from emoplug import Emoplug, Review

MESSAGES = [{"role": "user", "content": "I failed the exam again. I feel like a failure."}]
emo = Emoplug()


def show(review: Review) -> None:
    if review.turn.reading:
        print(f"they feel {review.turn.reading.emotion}; reply: {review.reply}")


async def talk() -> None:
    litellm.callbacks = [emoplug_litellm.EmotionLogger(emo, on_review=show)]
    await litellm.acompletion(model="openai/any-model", messages=MESSAGES)


asyncio.run(talk())

completion = emoplug_litellm.wrap(litellm.completion, emo, on_review=show)
for _ in completion(model="openai/any-model", messages=MESSAGES, stream=True):
    pass
