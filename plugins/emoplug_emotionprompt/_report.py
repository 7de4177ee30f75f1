"""What a comparison says: each arm beside none, and one plain verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from emoplug import count_tokens
from emoplug_emotionprompt._memory import Compared, Verdict
from emoplug_emotionprompt._results import Results
from emoplug_emotionprompt._statistics import (
    LEVEL,
    Floats,
    holm,
    interval,
    least_tasks,
    sign_flip,
)
from emoplug_emotionprompt._stimuli import Arm


class ArmReport(BaseModel):
    """One arm; all but its own score is beside none, over the tasks that both have.

    Attributes:
        name: The arm.
        text: What it says.
        tasks: Tasks that both have.
        score: Mean score, 0..1; ``None`` where nothing came through.
        gain: Mean difference in score.
        low: Lower end of the 95 % interval of ``gain``.
        high: Upper end.
        p: Probability of so large a difference by chance, adjusted for all arms (Holm).
        verdict: Whether it is better than none, worse, or neither for sure.
        won: Tasks it does better.
        lost: Tasks it does worse.
        prompt_tokens: Mean tokens it adds to a prompt.
        estimated: Whether these are an estimate, since the endpoint does not tell.
        reply_tokens: Mean tokens it adds to a reply, where the endpoint tells.
        spent: Tokens of all its calls, where the endpoint tells.
        errors: Calls that failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: str
    tasks: int
    score: float | None
    gain: float = 0.0
    low: float = 0.0
    high: float = 0.0
    p: float = 1.0
    verdict: Verdict = "unsure"
    won: int = 0
    lost: int = 0
    prompt_tokens: float = 0.0
    estimated: bool = False
    reply_tokens: float | None = None
    spent: int = 0
    errors: int = 0

    @property
    def compared(self) -> Compared:
        """What of it is remembered."""
        return Compared.model_validate(self.model_dump(include=set(Compared.model_fields)))


def report_arms(arms: Sequence[Arm], results: Results, model: str, seed: int) -> list[ArmReport]:
    """Compare every arm with the first, which is none."""
    scores = results.scores
    reports = [_arm(arm, column, results, model) for column, arm in enumerate(arms)]
    tested = [
        _tested(report, _gains(scores, column), [seed, column])
        for column, report in enumerate(reports)
        if column and report.tasks
    ]
    adjusted = holm([report.p for report in tested])
    judged = {
        report.name: report.model_copy(update={"p": p, "verdict": _judge(report, p)})
        for report, p in zip(tested, adjusted, strict=True)
    }
    return [judged.get(report.name, report) for report in reports]


def verdict_of(reports: Sequence[ArmReport]) -> str:
    """Say in a sentence which arms beat none, and which are beaten."""
    arms = [report for report in reports[1:] if report.tasks]
    if not arms:
        return "nothing was compared"
    tasks, least = min(report.tasks for report in arms), least_tasks(len(arms))
    better = _listed(arms, "better", "adds", least_first=False)
    worse = _listed(arms, "worse", "costs", least_first=True)
    if better or worse:
        head = better or [f"no arm beats none on these {tasks} tasks"]
        return "; ".join([*head, *worse])
    if tasks < least:
        return f"too few tasks to tell: {tasks}; with {len(arms)} arms it takes {least} or more"
    return f"no arm beats none on these {tasks} tasks"


def _arm(arm: Arm, column: int, results: Results, model: str) -> ArmReport:
    scores, prompts = results.scores, results.prompt_tokens
    own = scores[:, column]
    added, longer = _gains(prompts, column), _gains(results.reply_tokens, column)
    told = bool(len(added)) or not column
    return ArmReport(
        name=arm.name,
        text=arm.text,
        tasks=len(_gains(scores, column)),
        score=float(np.nanmean(own)) if np.isfinite(own).any() else None,
        prompt_tokens=_mean(added) if told else count_tokens(f"\n\n{arm.text}", model),
        estimated=not told,
        reply_tokens=_mean(longer) if len(longer) else None,
        spent=int(results.spent[column]),
        errors=int(results.errors[column]),
    )


def _tested(report: ArmReport, gains: Floats, seed: list[int]) -> ArmReport:
    generator = np.random.default_rng(seed)
    low, high = interval(gains, generator)
    found = {
        "gain": float(gains.mean()),
        "low": low,
        "high": high,
        "p": sign_flip(gains, generator),
        "won": int((gains > 0).sum()),
        "lost": int((gains < 0).sum()),
    }
    return report.model_copy(update=found)


def _judge(report: ArmReport, p: float) -> Verdict:
    """Both must agree: chance is ruled out, and the interval leaves out 0."""
    if p >= LEVEL or report.low <= 0 <= report.high:
        return "unsure"
    return "better" if report.gain > 0 else "worse"


def _gains(table: Floats, column: int) -> Floats:
    """Answer how much more ``column`` has than the first, in the rows that both have."""
    gains: Floats = table[:, column] - table[:, 0]
    return gains[np.isfinite(gains)]


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _listed(
    arms: Sequence[ArmReport], verdict: Verdict, verb: str, *, least_first: bool
) -> list[str]:
    found = [arm for arm in arms if arm.verdict == verdict]
    found.sort(key=lambda arm: arm.gain, reverse=not least_first)
    return [f"{arm.name} {verb} {_amount(arm)}" for arm in found]


def _amount(arm: ArmReport) -> str:
    ends = sorted((abs(arm.low), abs(arm.high)))
    return f"{abs(arm.gain):.3f} [{ends[0]:.3f}, {ends[1]:.3f}] on {arm.tasks} tasks"
