"""The words of the note in one language, checked: none looks like a quotation or ends the note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from emoplug import quote

OPEN, CLOSE = "[", "]"


def plain(text: str) -> str:
    """Answer ``text`` where quoting would leave it as it is.

    Raises:
        ValueError: it is empty, or has characters that quotations are kept free of.
    """
    if not text or quote(text, len(text)) != f'"{text}"':
        raise ValueError(
            'it must be one line without spaces at its ends and without [ ] < > | ` " \\, '
            "typographic double quotes and invisible characters"
        )
    return text


def _spaced(text: str) -> str:
    plain(text.strip())
    return text


def _opening(text: str) -> str:
    if not text.startswith(OPEN):
        raise ValueError(f"it must begin with {OPEN}")
    plain(text[1:])
    return text


def _closing(text: str) -> str:
    if not text.endswith(CLOSE):
        raise ValueError(f"it must end with {CLOSE}")
    plain(text[:-1])
    return text


def _holding(*names: str) -> Callable[[str], str]:
    """Check a template: each of ``names`` once in braces, and no other."""
    wanted = " and ".join(f"{{{name}}}" for name in names) or "no braces"

    def check(text: str) -> str:
        try:
            pieces = list(Formatter().parse(text))
        except ValueError as error:
            raise ValueError(f"its braces are wrong ({error}); it must hold {wanted}") from error
        fields = [(name, spec, how) for _, name, spec, how in pieces if name is not None]
        if sorted(fields, key=str) != sorted(((n, "", None) for n in names), key=str):
            raise ValueError(f"it must hold {wanted}, once each, and nothing else in braces")
        plain(text.format(**dict.fromkeys(names, "x")))
        return text

    return check


Words = Annotated[str, AfterValidator(_holding())]
Named = Annotated[str, AfterValidator(_holding("emotions"))]
Quoting = Annotated[str, AfterValidator(_holding("quote"))]
Advised = Annotated[str, AfterValidator(_holding("strategy", "how"))]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Templates(_Model):
    """How each part of the note is put, in one style.

    ``quoted`` is told where something is quoted; ``closing`` has the only closing bracket.
    """

    likely: Named
    others: Named
    situation: Named
    cause_now: Quoting
    cause_before: Quoting
    cause_yours: Quoting
    cause_another: Quoting
    cause_unsaid: Words
    earlier: Annotated[str, AfterValidator(_holding("quote", "emotion"))]
    tone: Annotated[str, AfterValidator(_holding("tone"))]
    stage: Annotated[str, AfterValidator(_holding("stage"))]
    strategy: Advised
    alternative: Advised
    quoted: Words
    closing: Annotated[str, AfterValidator(_closing)]


class Strategy(_Model):
    """A support strategy by name, and how to do it in one line."""

    name: Words
    how: Words


Style = Literal["prose", "compact"]


class Frame(_Model):
    """All words of the note that are ours.

    Attributes:
        opening: Begins the note, with the only opening bracket.
        listing: Between several.
        either: Between two of which one may be right.
        scored: A name with its probability.
        prose: Templates of sentences.
        compact: Templates of ``key: value``.
        tones: How strong a feeling is, and what that asks for.
        stages: Names of the stages of support.
        strategies: By their name in ESConv.
        emotions: Names of the labels of readings.
        situations: Names of the labels of EmpatheticDialogues.
    """

    opening: Annotated[str, AfterValidator(_opening)]
    listing: Annotated[str, AfterValidator(_spaced)]
    either: Annotated[str, AfterValidator(_spaced)]
    scored: Annotated[str, AfterValidator(_holding("emotion", "percent"))]
    prose: Templates
    compact: Templates
    tones: Mapping[str, Words]
    stages: Mapping[str, Words]
    strategies: Mapping[str, Strategy]
    emotions: Mapping[str, Words]
    situations: Mapping[str, Words]

    def templates(self, style: Style) -> Templates:
        """Answer the templates of ``style``."""
        return self.prose if style == "prose" else self.compact
