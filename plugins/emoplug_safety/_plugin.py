"""The plugin: reads signs of danger, tells the model and people, and watches replies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from emoplug import Finding, Guidance, Risk, Turn, hookimpl
from emoplug_safety._detect import Detector
from emoplug_safety._handover import Desk, OnRisk, loaded
from emoplug_safety._head import read_head
from emoplug_safety._notes import notes
from emoplug_safety._odds import Encode, Odds, odds_of
from emoplug_safety._options import SafetyOptions
from emoplug_safety._replies import SOURCE, findings
from emoplug_safety._resources import INTERNATIONAL, TEMPLATE, Region, read_resources
from emoplug_safety._rules import shipped

log = logging.getLogger("emoplug.safety")
PRIORITY = 100
"""Above any other guidance."""
_NO_ENCODER = "rules alone: no encoding of plugin 'onnx', which finds what they do not know"


class Safety:
    """Tells signs of acute danger. It blocks nothing and is no diagnosis.

    Args:
        options: When a sign counts, and who is told.
        on_risk: Called for a hand-over to people, before the option of that name.

    Raises:
        SettingsError: the file of resources or the function of an option is not as it must be.
        WeightsError: the file of weights is missing or corrupt.
    """

    Options = SafetyOptions
    name = SOURCE

    def __init__(self, options: SafetyOptions | None = None, on_risk: OnRisk | None = None) -> None:
        self.options = options or SafetyOptions()
        self._resources = read_resources(self.options.resources)
        self._region = self._chosen_region()
        # Here, not on first use: a first message must not be lost to a deadline.
        self._detector = Detector(shipped(), read_head())
        if on_risk is None and self.options.on_risk is not None:
            on_risk = loaded(self.options.on_risk)
        self._desk = on_risk and Desk(on_risk, self.options)
        self._encode: Encode | None = None
        self._lacks = False
        self._lock = threading.Lock()

    def bind(self, encode: Encode) -> None:
        """Take the encoder of the ``Emoplug`` that this plugin is in."""
        self._encode = encode

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Risk] | None:
        """Answer the risks in the person's last messages, and hand the new ones over."""
        risks = list(self._risks(turn))
        if self._desk is not None:
            for risk in risks:
                self._desk.tell(turn, risk)
        return risks or None

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance] | None:
        """Tell the model how to meet the most probable risk, one of the last message first."""
        risk, now = _most_urgent(turn)
        if risk is None:
            return None
        text, *shorter = notes(risk.kind, risk.about, now, self._region)
        return [
            Guidance(
                text=text, shorter=tuple(shorter), kind="safety", priority=PRIORITY, source=SOURCE
            )
        ]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding] | None:
        """Tell whether the reply addresses, ignores or plays down a risk, or encourages harm."""
        return list(findings(reply, *_most_urgent(turn))) or None

    def diagnose(self) -> Mapping[str, str]:
        """Tell how danger is read, and which resources are in use and may be out of date."""
        path, given = self.options.resources or TEMPLATE, self.options.region
        facts = {
            "detector": _NO_ENCODER if self._lacks else "rules and weights",
            "weights": self._detector.head.sources,
            "resources": f"{path}, region {given.upper() if given else INTERNATIONAL}",
            "hand-over": "to on_risk" if self._desk else "none: nobody is told",
        }
        if self.options.resources is None:
            facts["resources to own"] = "the template is in use; copy, check and name your own"
        if old := list(self._resources.old(date.today())):
            facts["resources to check"] = f"not checked for a year: {'; '.join(old)}"
        if self._region_is_unknown():
            facts["region"] = f"{given!r} is not in the file; {INTERNATIONAL} is used"
        return facts

    def _risks(self, turn: Turn) -> Iterator[Risk]:
        last = turn.last_user
        if last is None:
            return
        odds = self._odds(turn)
        backwards = (i for i in range(last, -1, -1) if turn.messages[i].role == "user")
        for index in reversed(list(islice(backwards, self.options.memory))):
            text, before = turn.messages[index].text, _before(turn, index)
            for sign in self._detector.signs(text, before, odds):
                if sign.probability >= self.options.threshold:
                    yield Risk(
                        index=index,
                        kind=sign.kind,
                        probability=sign.probability,
                        about=sign.about,
                        span=sign.span,
                        source=SOURCE,
                    )

    def _odds(self, turn: Turn) -> Odds | None:
        odds = odds_of(turn, self._detector.head, self._encode) if self._encode else None
        with self._lock:
            if odds is None and not self._lacks and turn.encoded:
                self._lacks = True
                log.warning("%s", _NO_ENCODER)
        return odds

    def _chosen_region(self) -> Region:
        if self._region_is_unknown():
            log.warning(
                "no resources for region %r; the entry %s is used",
                self.options.region,
                INTERNATIONAL,
            )
            return self._resources.regions[INTERNATIONAL]
        return self._resources.regions[(self.options.region or "").upper() or INTERNATIONAL]

    def _region_is_unknown(self) -> bool:
        given = self.options.region
        return given is not None and given.upper() not in self._resources.regions


def _before(turn: Turn, index: int) -> str | None:
    """Answer what the assistant said right before a message, if it spoke last."""
    for place in range(index - 1, -1, -1):
        message = turn.messages[place]
        if message.role == "user":
            return None
        if message.role == "assistant" and message.text.strip():
            return message.text
    return None


def _most_urgent(turn: Turn) -> tuple[Risk | None, bool]:
    """Answer the most probable risk, and whether the last user message says so."""
    last = turn.last_user
    now = next((risk for risk in turn.risks if risk.index == last), None)
    if now is not None or last is None:
        return now, True
    return next((risk for risk in turn.risks if risk.index < last), None), False
