"""What a user may set."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

THRESHOLD = 0.5


class SafetyOptions(BaseModel):
    """When a sign counts, whom the person may turn to, and who else is told.

    Attributes:
        threshold: Least probability of a risk that is told at all. Lower finds more and errs more.
        handover: Least probability of a risk at which ``on_risk`` is called.
        memory: How many of the person's last messages are looked at; a risk in any of them counts.
        resources: Your file of help resources; without one the template of this plugin.
        region: ISO 3166 alpha-2 code of where the people are; without one the entry
            ``international``.
        on_risk: ``module:function`` to call for a hand-over to people.
        text: Whether the hand-over is given the person's words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=THRESHOLD, ge=0.05, le=1)
    handover: float = Field(default=0.7, ge=0.05, le=1)
    memory: int = Field(default=6, ge=1)
    resources: Path | None = None
    region: str | None = Field(default=None, pattern="^[A-Za-z]{2}$")
    on_risk: str | None = Field(default=None, pattern=r"^[\w.]+:[\w.]+$")
    text: bool = False
