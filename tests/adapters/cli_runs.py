"""Runs the command line as a user does: as a program, in a pipe or in a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CONVERSATION = ROOT / "examples" / "conversation.jsonl"
TRANSCRIPT = ROOT / "examples" / "transcript.txt"
PROGRAM = [sys.executable, "-m", "emoplug_cli"]
PATIENCE = 120.0
_OURS = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "PYTHONIOENCODING")


def environment(**changes: str) -> dict[str, str]:
    """Answer the environment without what changes how a terminal looks, but for ``changes``."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**kept, "PYTHONUTF8": "1", **changes}


def analyze(
    folder: Path, *arguments: str | Path, given: bytes = b"", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run ``emoplug analyze`` in a folder without settings, its output piped."""
    done = subprocess.run(
        [*PROGRAM, "analyze", *map(str, arguments)],
        cwd=folder,
        input=given,
        capture_output=True,
        env=environment(**env),
        timeout=PATIENCE,
    )
    out, said = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, said)


def on_terminal(
    folder: Path,
    *arguments: str | Path,
    program: Sequence[str] = (*PROGRAM, "analyze"),
    columns: int = 100,
    **env: str,
) -> tuple[int, str]:
    """Run it in a real pseudo-terminal; answer the exit code and all that went to the screen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*program, *map(str, arguments)],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**{"TERM": "xterm-256color", **env}),
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # Linux says EIO once the other side is closed
        while chunk := os.read(ours, 65536):
            seen += chunk
    os.close(ours)
    return process.wait(PATIENCE), seen.decode("utf-8", "replace")
