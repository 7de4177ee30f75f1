"""Turns what the dialogue reader says of causes into probabilities that hold.

The reader's numbers make 0.5 the best cut for F1, and so are too high: where causes are found with
an F1 of 0.7, a message at the best cut is a cause in about one case of three (Lipton et al., 2014).
A slope and a shift of the log odds (Platt, 1999), fitted on RECCON dev, put that right. Of the
message that shows the emotion the reader knows more than it says, so that slope is steep.

Made and measured by ``python -m emoplug_cause.calibrate``; the README here has the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log, prod

OWN = (2.02, -1.87)
"""Slope and shift for the message that shows the emotion."""
EARLIER = (0.94, -0.71)
"""Slope and shift for those before it."""
OUTSIDE = 1 / 3
"""Causes are not independent, somebody mostly names one: odds of none at all shrink to this."""
_SURE = 1e-6


def calibrated(probability: float, own: bool) -> float:
    """Answer the probability of a cause; it rises with the reader's, whose 0 and 1 are not certain.

    Args:
        probability: The reader's, 0..1.
        own: Whether it is of the message that shows the emotion.
    """
    slope, shift = OWN if own else EARLIER
    inner = min(max(probability, _SURE), 1 - _SURE)
    return 1 / (1 + exp(-slope * log(inner / (1 - inner)) - shift))


def none_of(probabilities: Iterable[float]) -> float:
    """Answer the probability that there is no cause, from the calibrated one of each message."""
    none = prod(1 - probability for probability in probabilities)
    return none * OUTSIDE / (none * OUTSIDE + 1 - none) if none < 1 else 1.0
