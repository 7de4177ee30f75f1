"""Runs the benches, and tells what came of it.

python -m benches run --out benches/results/NAME.json     # 5 minutes; --device cuda, -k NAMES
python -m benches table benches/results/NAME.json         # writes the table of benches/README.md
python -m benches plots benches/results/NAME.json         # draws benches/results/*.svg
python -m benches compare OLD.json NEW.json               # fails where a ratio grew by a fifth
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benches import figures, plots, report

ROOT = Path(__file__).parent.parent


def run(options: argparse.Namespace) -> int:
    """Run the benches on this machine and keep what is worth keeping."""
    chosen = ["-k", options.k] if options.k else []
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.json"
        command = ["-m", "pytest", "benches", "-q", "-W", "default", *chosen]
        done = subprocess.run(
            [sys.executable, *command, f"--benchmark-json={raw}", "--benchmark-columns=median"],
            cwd=ROOT,
            env={**os.environ, "EMOPLUG_BENCH_DEVICE": options.device},
            check=False,
        )
        if done.returncode:
            return done.returncode
        told = " ".join(["python -m benches run", *chosen, f"--device {options.device}"])
        found = figures.condensed(json.loads(raw.read_bytes()), options.device, told)
    options.out.write_text(figures.written(found), encoding="utf-8")
    return 0


def table(options: argparse.Namespace) -> int:
    """Write the README's table."""
    text = report.table(figures.read(options.file), options.file.name)
    page = report.README.read_text(encoding="utf-8")
    report.README.write_text(report.with_table(page, text), encoding="utf-8")
    return 0


def draw(options: argparse.Namespace) -> int:
    """Draw the curves."""
    plots.draw(figures.read(options.file), figures.FOLDER)
    return 0


def compare(options: argparse.Namespace) -> int:
    """Tell what became slower; 1 where something did."""
    found = list(report.slower(figures.read(options.before), figures.read(options.after)))
    for line in found:
        print(line)  # noqa: T201  # a command's answer
    return int(bool(found))


def main(arguments: list[str] | None = None) -> int:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benches",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(dest="step", required=True)
    running = steps.add_parser("run")
    running.add_argument("--out", type=Path, required=True)
    running.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    running.add_argument("-k", help="only benches of these names, as pytest has it")
    for name in ("table", "plots"):
        steps.add_parser(name).add_argument("file", type=Path)
    comparing = steps.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    options = parser.parse_args(arguments)
    does = {"run": run, "table": table, "plots": draw, "compare": compare}
    return does[options.step](options)


if __name__ == "__main__":
    sys.exit(main())
