"""The ``emoplug`` command: emotions of a conversation, a chat, and what is installed."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

from emoplug import EmoplugError

__all__ = ["main"]

FAILURE, INTERRUPTED = 1, 130
_CANNOT_WRITE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    sys.exit(_run())


def _run() -> int:
    try:
        from emoplug_cli._app import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("typer", "rich"):
            raise
        return _say(f"the command line needs {missing}; try: pip install 'emoplug[cpu]'")
    try:
        code = _code_of(app)
        sys.stdout.flush()
    except EmoplugError as error:
        return _say(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does.
        _drop_output()
        return FAILURE
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        _drop_output()
        return _say(f"cannot write the output: {error.strerror}; write elsewhere")
    return code


def _code_of(app: Callable[[], object]) -> int:
    """Answer the exit code, so that what is still to be written is written before the end."""
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _drop_output() -> None:
    """Send what is still buffered nowhere; Python would complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(problem: str) -> int:
    from emoplug_cli._plain import one_line

    plainly = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    red, end = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() and not plainly else ("", "")
    sys.stderr.write(f"{red}emoplug: {one_line(problem, 2000)}{end}\n")
    return FAILURE
