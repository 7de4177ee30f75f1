from __future__ import annotations

import subprocess
import sys
import time

CODE = """
import time
from emoplug import Emoplug, hookimpl

class Slow:
    name = "slow"

    @hookimpl
    def read(self, turn):
        time.sleep({seconds})
        print("came to an end", flush=True)

turn = Emoplug(plugins=[Slow()], deadline=0.01).prepare([{{"role": "user", "content": "hi"}}])
assert turn.degraded
"""


def run(seconds: float) -> tuple[str, float]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(seconds=seconds)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout, time.monotonic() - started


def test_the_exit_lets_a_late_plugin_come_to_an_end() -> None:
    said, _ = run(0.5)
    assert said == "came to an end\n"


def test_the_exit_does_not_wait_for_a_plugin_that_hangs() -> None:
    said, elapsed = run(600)
    assert said == ""
    assert elapsed < 30
