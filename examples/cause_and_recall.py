from emoplug import Emoplug

emo = Emoplug(
    plugins=["onnx", "emotion", "cause", "recall", "hef"],
    options={"recall": {"store": "memories.sqlite", "retention_days": 90}},
    token_budget=320,
)
messages = [
    {"role": "user", "content": "My sister forgot my birthday again."},
    {"role": "assistant", "content": "Oh no. She has been busy with the baby."},
    {"role": "user", "content": "I am so hurt, I could cry."},
]
turn = emo.prepare(messages, session="ann")
for cause in turn.causes:  # best first, calibrated; index None: nothing that was said
    if cause.index is not None:
        words = turn.messages[cause.index].text[slice(*cause.span or (None,))]
        print(f"{cause.score:.0%} {cause.origin}: {words}")
emo.review(turn, "That hurts. Have you told her?")  # remembers both
later = emo.prepare([{"role": "user", "content": "It is about my sister again."}], session="ann")
print(later.guidance_text)
