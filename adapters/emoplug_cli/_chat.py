"""``emoplug chat``: talk, and see what emoplug sees."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from emoplug import Emoplug, EmoplugError, Settings
from emoplug_cli._endpoint import Endpoint
from emoplug_cli._plain import forgive_encodings, one_line
from emoplug_cli._talk import Speaker, Talk

PROMPT = "you> "
NO_LLM = (
    "No endpoint was named, so the built-in listener answers: it is no LLM, only sentence "
    "templates chosen by what emoplug reads. Nothing leaves this machine. "
    "For a model: --base-url URL --model NAME."
)


def chat(
    base_url: Annotated[
        str | None,
        typer.Option(help="OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model to ask; may be left out where there is only one.")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(help="Key of the endpoint.", envvar="OPENAI_API_KEY", show_envvar=True),
    ] = None,
    system: Annotated[str | None, typer.Option(help="System prompt for the model.")] = None,
) -> None:
    """Chat with a model, or an offline listener, and see what emoplug saw and added."""
    forgive_encodings()
    screen, errors = Console(), Console(stderr=True)
    typed = sys.stdin.isatty()
    speaker, whom = _speaker(base_url, model, api_key)
    emo = Emoplug(Settings.load())
    talk = Talk(emo, speaker, screen, errors, system=system, typed=typed)
    try:
        screen.print(Text(f"emoplug chat with {whom}", style="bold"))
        screen.print(Text(f"plugins: {', '.join(emo.plugins)}. /help lists the commands."))
        _warm_up(emo, errors)
        talk.run(_typed() if typed else sys.stdin)
    except KeyboardInterrupt:
        screen.out("")
    if typed:
        screen.out("Take care.", highlight=False)
    elif talk.unsent:  # a script wants to know
        raise typer.Exit(1)


def _speaker(base_url: str | None, model: str | None, api_key: str | None) -> tuple[Speaker, str]:
    """Answer who speaks, and how to introduce them."""
    if base_url is None and model is None:
        return Speaker.listener(), f"the listener. {NO_LLM}"
    endpoint = Endpoint.connect(base_url, model, api_key)
    return Speaker.of_endpoint(endpoint), f"{one_line(endpoint.name)} at {endpoint.place}"


def _warm_up(emo: Emoplug, errors: Console) -> None:
    """Load the models before the first message, which else would wait or miss its deadline."""
    try:
        emo.warm_up()
    except EmoplugError as error:
        if emo.settings.on_error == "raise":
            raise
        errors.print(Text(f"going on without: {one_line(str(error))}", style="red"))


def _typed() -> Iterator[str]:
    """Yield the lines a person types, until Ctrl-D."""
    with suppress(ImportError):
        import readline  # noqa: F401  # gives input() line editing and history
    with suppress(EOFError):
        while True:
            yield input(PROMPT)
