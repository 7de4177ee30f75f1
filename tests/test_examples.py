from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_runs_offline(example: Path, llm_server: Any, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": llm_server.base_url,
        "OPENAI_API_KEY": "test",
    }
    done = subprocess.run(
        [sys.executable, str(example)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize(
    "name", ["openai_wrapped.py", "langchain_agent.py", "own_plugin.py", "cause_and_recall.py"]
)
def test_the_readme_shows_the_example_that_was_run(name: str) -> None:
    assert (ROOT / "examples" / name).read_text(encoding="utf-8").strip() in README


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "pip install -c constraints.txt -e '.[dev]' && pytest"
    assert command in README
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
