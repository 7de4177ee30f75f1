"""What the benches say of a run is what its file holds, and a slower run is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benches import figures, plots, report
from benches.__main__ import main
from benches.figures import Figure, Results

SHOWN = figures.FOLDER / "cpu.json"


def run(**ratios: float | None) -> Results:
    made = [
        Figure(name=name, ms=2.0, least=1.0, p99=3.0, rounds=9, reference="faiss", ratio=ratio)
        for name, ratio in ratios.items()
    ]
    return Results(machine={"cores": "2"}, command="run", figures=tuple(made))


def saved(folder: Path, name: str, found: Results) -> str:
    path = folder / name
    path.write_text(figures.written(found), encoding="utf-8")
    return str(path)


def test_the_readmes_table_is_that_of_the_committed_run() -> None:
    page = report.README.read_text(encoding="utf-8")
    assert report.with_table(page, report.table(figures.read(SHOWN), SHOWN.name)) == page


def test_the_curves_are_those_of_the_committed_run(tmp_path: Path) -> None:
    drawn = plots.draw(figures.read(SHOWN), tmp_path)
    assert [path.name for path in drawn] == ["history.svg", "sessions.svg", "concurrency.svg"]
    for path in drawn:
        assert path.read_text(encoding="utf-8").count("<use") >= 4, "a mark for each point"
        assert (figures.FOLDER / path.name).is_file()


@pytest.mark.parametrize(
    ("after", "status", "told"),
    [
        ({"search": 1.19, "encode": 2.0}, 0, ""),
        ({"search": 1.21, "encode": 2.0}, 1, "search: 1.0 -> 1.21 times faiss\n"),
        ({"search": 1.0}, 1, "encode: gone\n"),
    ],
)
def test_a_ratio_that_grew_by_a_fifth_fails(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    after: dict[str, float],
    status: int,
    told: str,
) -> None:
    before = saved(tmp_path, "before.json", run(search=1.0, encode=2.0, save=None))
    assert main(["compare", before, saved(tmp_path, "after.json", run(**after))]) == status
    assert capsys.readouterr().out == told


def test_a_report_of_pytest_benchmark_is_condensed() -> None:
    report = {
        "machine_info": {
            "cpu": {"brand_raw": "Abacus", "count": 2},
            "processor": "x",
            "system": "Linux",
            "release": "6",
            "python_version": "3.11",
        },
        "benchmarks": [
            {
                "fullname": "benches/bench_index.py::test_one_row[100_000]",
                "stats": {"median": 0.002, "min": 0.001, "data": [0.001, 0.002, 0.004]},
                "extra_info": {"reference": "faiss", "reference ms": 1.0, "recall": 0.9},
            }
        ],
    }
    found = figures.condensed(report, "cpu", "run")
    (figure,) = found.figures
    assert figure.name == "index: one row [100 000]"
    assert (figure.ms, figure.ratio, figure.more) == (2.0, 2.0, {"recall": 0.9})
    assert found.machine["processor"] == "Abacus"


def test_a_page_without_a_place_for_the_table_is_named() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        report.with_table("# Benches", "| a |")
