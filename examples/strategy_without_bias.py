import numpy as np

from emoplug import STRATEGIES, Emoplug
from emoplug_strategy import Corrector, bias, confusion

emo = Emoplug()
turn = emo.prepare(
    [
        {"role": "user", "content": "My manager shouted at me in front of the whole team."},
        {"role": "assistant", "content": "What happened then?"},
        {"role": "user", "content": "I just stood there. I felt so small."},
    ],
    session="ann",
)
print(turn.stage, [f"{s.strategy} {s.score:.0%}" for s in turn.strategies[:3]])
review = emo.review(turn, "You should talk to HR. Have you tried writing it all down?")
print([finding.explanation for finding in review.findings if finding.name == "strategy"])

# Anybody's scores: here of somebody who likes advice whatever is right.
chance = np.random.default_rng(0)
right = chance.integers(0, 8, 600)
scores = chance.random((600, 8)) + np.eye(8)[right]
scores[:, STRATEGIES.index("Providing Suggestions")] += 0.6
corrector = Corrector.fit(scores[:300], right[:300])
before, after = scores[300:], corrector.apply(scores[300:])
for name, some in (("as it is", before), ("corrected", after)):
    print(f"bias {name}: {bias(confusion(some.argmax(axis=1), right[300:])):.2f}")
