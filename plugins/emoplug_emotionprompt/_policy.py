"""Which arm to use, by what is remembered of a model. ``none`` is the arm without words.

Two policies. ``proven`` uses an arm only where it is known to beat none. ``drawn`` explores, by
Thompson sampling (Thompson, 1933), which tries each arm as often as it is likely to be the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from random import Random

from emoplug_emotionprompt._memory import Record, Rewards

NONE = ""
_DOUBT = 0.05
"""Probability that any interval of a model ever misses."""
_TUNED = 10.0
"""Makes intervals tightest after some hundreds of rewards."""


def proven(record: Record, texts: Sequence[str]) -> str:
    """Answer the best of ``texts`` that beats none, else none.

    What people thought of real answers counts first: an arm whose interval lies above that of
    none. Then what tasks say: an arm that the newest comparison found better, unless people find
    it worse.
    """
    spans = {text: interval(record.rewards.get(text), len(texts) + 1) for text in (NONE, *texts)}
    low, high = spans[NONE]
    liked = [text for text in texts if spans[text][0] > high]
    if liked:
        return max(liked, key=lambda text: _mean(record.rewards[text]))
    compared = record.compared
    better = [t for t in texts if t in compared and compared[t].verdict == "better"]
    kept = [text for text in better if spans[text][1] >= low]
    return max(kept, key=lambda text: compared[text].gain, default=NONE)


def drawn(record: Record, texts: Sequence[str], seed: int) -> str:
    """Answer the arm with the best draw from what its mean reward may be, by ``seed`` alone.

    Rewards of 0..1 make a beta distribution; before the first, every mean is as likely. Arms that
    the newest comparison by tasks found worse than none are left out.
    """
    random = Random(seed)
    draws = {text: _draw(random, record.rewards.get(text, Rewards())) for text in (NONE, *texts)}
    worse = {text for text, one in record.compared.items() if one.verdict == "worse"}
    return max((text for text in draws if text not in worse), key=draws.__getitem__)


def interval(rewards: Rewards | None, arms: int) -> tuple[float, float]:
    """Answer where the mean reward lies, so that all ``arms`` are right at all times at 95 %.

    The normal mixture bound for sums of bounded steps (Robbins, 1970): it holds however often one
    looks, and however the arms are chosen.
    """
    if rewards is None or rewards.count == 0:
        return 0.0, 1.0
    doubt = _DOUBT / arms
    spread = rewards.count / 4 + _TUNED
    radius = sqrt(spread * log(spread / (_TUNED * doubt**2))) / rewards.count
    mean = _mean(rewards)
    return max(0.0, mean - radius), min(1.0, mean + radius)


def _draw(random: Random, rewards: Rewards) -> float:
    return random.betavariate(1 + rewards.total, 1 + rewards.count - rewards.total)


def _mean(rewards: Rewards) -> float:
    return rewards.total / rewards.count
