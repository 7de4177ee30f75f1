"""A self-contained page: the curve of a conversation, and its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template

import emoplug
from emoplug import Message, Reading, Turn
from emoplug_cli._curve import Curve, key, legend, safe, scale, speakers
from emoplug_cli._felt import (
    alarming,
    fitting,
    likely,
    others,
    sentiment,
    set_off,
    strongest,
    who,
)
from emoplug_cli._seen import degraded_line

_QUOTED = 140


def page(turns: Sequence[Turn], title: str) -> str:
    """Answer a page that needs nothing from anywhere: no script, no network."""
    template = Template(files(__package__).joinpath("_page.html").read_text(encoding="utf-8"))
    sections = [_section(turn, number, len(turns)) for number, turn in enumerate(turns, 1)]
    return template.substitute(
        title=safe(title),
        summary=_summary(turns),
        conversations="\n".join(sections),
        version=safe(emoplug.__version__),
    )


def _summary(turns: Sequence[Turn]) -> str:
    read = sum(len(turn.readings) for turn in turns)
    people = len({name for turn in turns for name in speakers(turn)})
    parts = [_count(len(turns), "conversation")] if len(turns) > 1 else []
    return " · ".join([*parts, f"{_count(read, 'message')} read", _count(people, "speaker")])


def _section(turn: Turn, number: int, of: int) -> str:
    heading = f"<h2>Conversation {number}</h2>" if of > 1 else ""
    parts = (heading, _figure(turn, number), _moments(turn, number), _table(turn, number))
    ending = (_risks(turn), _caused(turn), _next(turn), _told(turn), _left_out(turn))
    return f"<section>{''.join((*parts, *ending))}</section>"


def _figure(turn: Turn, number: int) -> str:
    curve = Curve(turn, number).svg()
    if not curve:
        return '<p class="sub">No feeling was read here, so there is no curve.</p>'
    return (
        f'<figure><a class="skip" href="#messages{number}">Skip the curve</a>'
        f'<div class="plot">{scale()}<div class="scroll">{curve}</div></div>'
        f"<figcaption>{legend(speakers(turn))}</figcaption></figure>"
    )


def _moments(turn: Turn, number: int) -> str:
    items = "".join(_moment(turn, reading, number) for reading in strongest(turn))
    return f'<h3>Strongest moments</h3><ol class="moments">{items}</ol>' if items else ""


def _moment(turn: Turn, reading: Reading, number: int) -> str:
    message = turn.messages[reading.index]
    text = message.text if len(message.text) <= _QUOTED else message.text[: _QUOTED - 1] + "…"
    return (
        f'<li class="{sentiment(reading)}"><a href="#m{number}-{reading.index}">'
        f"<b>{safe(reading.emotion)}</b> {safe(who(message))}, message {reading.index + 1}</a>"
        f"<q>{safe(text)}</q></li>"
    )


def _table(turn: Turn, number: int) -> str:
    readings = {reading.index: reading for reading in turn.readings}
    keys = {name: key(place) for place, name in enumerate(speakers(turn))}
    rows = (
        _row(message, index, readings.get(index), number, keys)
        for index, message in enumerate(turn.messages)
    )
    return (
        f'<h3 id="messages{number}">Messages</h3><table><thead><tr><th scope="col">#</th>'
        f'<th scope="col">Speaker</th><th scope="col">Message</th><th scope="col">Feeling</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(
    message: Message, index: int, reading: Reading | None, number: int, keys: Mapping[str, str]
) -> str:
    known = keys[who(message)] if reading else ""
    return (
        f'<tr id="m{number}-{index}" class="{sentiment(reading)}"><td class="n">{index + 1}</td>'
        f'<th scope="row">{known}{safe(who(message))}</th><td class="said">{safe(message.text)}'
        f'</td><td class="felt">{_feeling(reading) if reading else ""}</td></tr>'
    )


def _feeling(reading: Reading) -> str:
    also = f" <span>or {safe(', '.join(others(reading)))}</span>" if others(reading) else ""
    affect, share = reading.affect, f"{reading.intensity:.0%}"
    numbers = f"valence {affect.valence:+.2f} · arousal {affect.arousal:+.2f}" if affect else ""
    return (
        f"<b>{safe(likely(reading))}</b>{also}<small>{numbers}</small>"
        f'<span class="meter" role="img" aria-label="intensity {share}" title="intensity {share}">'
        f'<i style="width:{share}"></i></span>'
    )


def _caused(turn: Turn) -> str:
    lines = "".join(f"<li>{safe(cause)}</li>" for cause in set_off(turn))
    return f"<h3>What set off the last feeling</h3><ul>{lines}</ul>" if lines else ""


def _risks(turn: Turn) -> str:
    lines = "".join(f"<li>{safe(risk)}</li>" for risk in alarming(turn))
    return f"<h3>Somebody may be in danger</h3><ul>{lines}</ul>" if lines else ""


def _next(turn: Turn) -> str:
    strategies = fitting(turn)
    return f"<h3>What fits next</h3><p>{safe(strategies)}</p>" if strategies else ""


def _told(turn: Turn) -> str:
    if not turn.guidance:
        return ""
    note = safe(turn.guidance_text)
    return f'<h3>What emoplug would tell the model</h3><p class="note">{note}</p>'


def _left_out(turn: Turn) -> str:
    lines = "".join(f"<li>{safe(degraded_line(skipped))}</li>" for skipped in turn.degraded)
    return f"<h3>Left out</h3><ul>{lines}</ul>" if lines else ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
