"""A turn as one line of JSON."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from emoplug import Turn

# Valid in JSON, but a terminal may obey them and some readers end a line at them.
_UNWELCOME = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def as_line(turn: Turn) -> str:
    """Answer what is known of a turn as JSON that any terminal and any encoding carries."""
    spoken = (sys.stdout.encoding or "").lower().replace("-", "")
    line = json.dumps(as_object(turn), ensure_ascii=spoken != "utf8")
    return _UNWELCOME.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def as_object(turn: Turn) -> dict[str, Any]:
    """Answer what is known of a turn as plain JSON values; README.md here lists the fields."""
    readings = {reading.index: reading for reading in turn.readings}
    messages = []
    for index, message in enumerate(turn.messages):
        reading = readings.get(index)
        felt = reading.model_dump(exclude={"index"}) if reading else {}
        known = {"index": index, "role": message.role, "name": message.name, "text": message.text}
        messages.append({**known, **felt})
    return {
        "messages": messages,
        "causes": [cause.model_dump() for cause in turn.causes],
        "risks": [risk.model_dump() for risk in turn.risks],
        "strategies": [score.model_dump() for score in turn.strategies],
        "stage": turn.stage,
        "passages": [passage.model_dump() for passage in turn.passages],
        "guidance": turn.guidance_text,
        "degraded": [skipped.model_dump() for skipped in turn.degraded],
    }
