from __future__ import annotations

import os
import signal
from types import SimpleNamespace

import pytest

from emoplug import Emoplug

CHAT = [{"role": "user", "content": "hello"}]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_gets_workers_of_its_own() -> None:
    emo = Emoplug(plugins=[SimpleNamespace(name="silent")], deadline=5)
    emo.prepare(CHAT)
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        os._exit(0 if emo.prepare(CHAT).degraded == () else 1)
    assert os.waitpid(child, 0)[1] == 0
