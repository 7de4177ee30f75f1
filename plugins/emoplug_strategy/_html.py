"""A bias report as one self-contained page."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import emoplug
from emoplug import InputError
from emoplug_strategy._report import BiasReport, Preferred
from emoplug_strategy._show import figures, scale


def write_page(report: BiasReport, path: Path) -> None:
    """Write the page.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(page(report), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another path") from error


def page(report: BiasReport) -> str:
    """Answer a page that needs nothing from anywhere: no script, no network."""
    template = Template(files(__package__).joinpath("_page.html").read_text(encoding="utf-8"))
    most = scale(report)
    return template.substitute(
        title=_safe(report.source),
        verdict=_safe(report.verdict),
        none=f"{100 / most:.2f}",
        rows="\n".join(_row(one, most) for one in report.strategies),
        figures="\n".join(
            f"<dt>{_safe(name)}</dt><dd>{_safe(said)}</dd>" for name, said in figures(report)
        ),
        version=_safe(emoplug.__version__),
    )


def _row(one: Preferred, most: float) -> str:
    kind = "more" if one.preference > 1 else "less"
    return (
        f'<tr><th scope="row">{_safe(one.strategy)}</th><td class="n">{one.preference:.2f}</td>'
        f'<td class="track"><i class="{kind}" style="width:{100 * one.preference / most:.2f}%"></i>'
        f'</td><td class="n">{one.used}</td><td class="n">{one.right}</td>'
        f'<td class="n">{one.f1:.2f}</td></tr>'
    )


def _safe(text: str) -> str:
    return escape("".join(c if c.isprintable() else " " for c in text))
