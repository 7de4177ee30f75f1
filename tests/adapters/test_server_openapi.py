from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emoplug import Emoplug
from tests.adapters.server_runs import keys, serving

NOWHERE = "http://127.0.0.1:9/v1"
KEY = "a-key-of-ours"
# A body beyond the limit is refused as such (413), which its list of right answers lacks.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "405", "413", "415", "422"]
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Answer the address of a server with real plugins and a key; what is proxied leads nowhere."""
    with serving(Emoplug(deadline=30), NOWHERE, api_keys=keys(KEY)) as at:
        yield at


def test_schemathesis_finds_no_answer_that_is_not_as_described(
    address: str, tmp_path: Path
) -> None:
    """All of its checks, on all that is ours: what is proxied is as upstream has it."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", f"{address}/openapi.json"),
            *("--include-tag", "emotion", "--include-tag", "running"),
            *("--header", f"Authorization: Bearer {KEY}"),
            *("--checks", "all", "--max-examples", "30", "--generation-deterministic"),
            *("--no-color", "--report-dir", str(tmp_path)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    cases = re.search(r"(\d+) generated", done.stdout)
    assert cases, done.stdout[-5000:]
    assert int(cases[1]) > 100
