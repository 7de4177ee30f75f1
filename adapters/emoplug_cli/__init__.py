"""The ``emoplug`` command: emotions of a conversation, a chat, and what is installed."""

from __future__ import annotations

import os
import sys

from emoplug import EmoplugError

__all__ = ["main"]

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    sys.exit(_run())


def _run() -> int:
    try:
        from emoplug_cli._app import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        return _say(f"the command line needs {error.name}; try: pip install 'emoplug[cpu]'", USAGE)
    try:
        app()
    except EmoplugError as error:
        return _say(str(error), FAILURE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    return 0


def _say(problem: str, code: int) -> int:
    from emoplug_cli._plain import one_line

    red, end = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    sys.stderr.write(f"{red}emoplug: {one_line(problem, 2000)}{end}\n")
    return code
