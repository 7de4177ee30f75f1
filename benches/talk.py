"""Conversations for the benches: short messages as people write them, no two the same."""

from __future__ import annotations

from itertools import count

Messages = list[dict[str, str]]

PERSON = (
    "My sister forgot my birthday again this year.",
    "She called two days later as if nothing had happened.",
    "I keep telling myself that it should not matter so much.",
    "My mother says that I am too sensitive, as always.",
    "Work is not much better, they gave the project to Jonas.",
    "I had prepared it for three months and nobody even said why.",
    "Sometimes I wonder whether anyone would notice if I stayed at home.",
    "On Sunday we all meet for lunch and I do not want to go.",
    "Last time I sat there and hardly said a word.",
    "The little one drew a picture for me, that was sweet.",
)
REPLIES = (
    "That sounds lonely. What did she say when she called?",
    "It makes sense that it hurts, it was your day.",
    "What would you have liked to hear from her?",
    "Being told not to feel something rarely helps.",
    "Three months is a long time to put into something.",
    "Have you asked your manager how they decided?",
    "I would miss hearing from you. Who else is close to you?",
    "What would make the lunch easier for you?",
    "Is there someone at the table whom you like to talk to?",
    "That does sound sweet. Where did you put it?",
)
_fresh = count(1)


def said(number: int) -> dict[str, str]:
    """Answer message ``number`` of a conversation; the same number is the same message."""
    words = (PERSON, REPLIES)[number % 2][number // 2 % 10]
    again = number // 20
    text = f"{words} That was on day {again}." if again else words
    return {"role": ("user", "assistant")[number % 2], "content": text}


def history(messages: int) -> Messages:
    """Answer the first ``messages`` of a conversation, a reply last where they are even."""
    return [said(number) for number in range(messages)]


def new(role: str = "user") -> dict[str, str]:
    """Answer a message that was never seen before, of 15 words."""
    number = next(_fresh)
    words = f"I thought about it again last night, for {number} minutes, and then I cried a little."
    return {"role": role, "content": words}


def chat_of_five() -> Messages:
    """Answer a short chat that was never seen before: 5 messages, about 60 tokens."""
    number = next(_fresh)
    texts = (
        f"My train was {number} minutes late today.",
        "Oh no, did you miss anything?",
        f"The first {number} minutes of my exam, and I am furious.",
        "I would be, too. Can you take it again?",
        f"Only in {number} weeks. I could cry.",
    )
    return [
        {"role": ("user", "assistant")[place % 2], "content": text}
        for place, text in enumerate(texts)
    ]
