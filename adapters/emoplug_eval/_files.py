"""Finds the file to measure on: in a data set's folder, in the folder of all, or given itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from emoplug import InputError

ENDINGS = (".jsonl.gz", ".jsonl")
SPLITS = ("test", "dev", "train")
_PAIRS = re.compile(r"^pairs_(fold\d+_)?")


@dataclass(frozen=True)
class Layout:
    """How the files of a data set are called.

    Attributes:
        folder: Its folder in the folder of all data sets.
        splits: Splits to measure on when none is asked for, the first that is there.
        prefix: What stands before the split in the name of the file of rows.
        single: Name of the only file, where the data set has no splits.
    """

    folder: str
    splits: tuple[str, ...] = ("test",)
    prefix: str = ""
    single: str = ""

    def name(self, split: str) -> str:
        """Name the file of ``split``."""
        return f"{self.prefix}{split}{ENDINGS[0]}"


@dataclass(frozen=True)
class Source:
    """What is measured on, and what a baseline may learn from.

    Attributes:
        path: The file of rows.
        split: ``test``, ``dev`` or ``train`` where the name says so, else empty.
        train: The training file beside it, if there is one.
    """

    path: Path
    split: str
    train: Path | None


def locate(data: Path, layout: Layout, split: str | None = None) -> Source:
    """Find the rows of a data set.

    Args:
        data: Its folder, the folder that holds all, or a file.
        layout: How its files are called.
        split: Which split of a folder.

    Raises:
        InputError: there is no such file.
    """
    if data.is_dir():
        return _in_folder(data, layout, split)
    if not data.exists():
        raise InputError(
            f"there is no file or folder {data}; check the path, or see emoplug eval --list"
        )
    if split is not None:
        raise InputError(f"a split is chosen from a folder, and {data} is a file; leave one out")
    path = data
    if layout.prefix and not _PAIRS.match(data.name):  # the dialogues were given: take their pairs
        paired = data.with_name(layout.prefix + data.name)
        path = paired if paired.exists() else data
    stem = _stem(path)
    return Source(path, stem if stem in SPLITS else "", _train(path, layout))


def dialogues_of(pairs: Path) -> Path:
    """Find the dialogues that belong to a file of pairs: same name without ``pairs_fold1_``.

    Raises:
        InputError: they are not beside it.
    """
    stem = _stem(pairs)
    for name in dict.fromkeys((stem, "dialogues", *SPLITS[:2])):
        path = _existing(pairs.parent, name)
        if path is not None and path != pairs:
            return path
    raise InputError(
        f"beside {pairs} are no dialogues; put {stem}{ENDINGS[0]} (dialogue_id, turns) there"
    )


def _in_folder(data: Path, layout: Layout, split: str | None) -> Source:
    within = data / layout.folder
    folder = within if within.is_dir() else data
    wanted = (split,) if split else (layout.single,) if layout.single else layout.splits
    for one in wanted:
        path = _existing(folder, layout.prefix + one)
        if path is not None:
            return Source(path, one if one in SPLITS else "", _train(path, layout))
    names = " or ".join(layout.name(one) for one in wanted)
    there = sorted(p.name for p in folder.iterdir() if p.name.endswith(ENDINGS))
    holds = f"it holds {', '.join(there[:8])}" if there else "it holds no *.jsonl.gz"
    raise InputError(f"{folder} has no {names}; {holds}: give one of the files, or its folder")


def _train(path: Path, layout: Layout) -> Path | None:
    train = _existing(path.parent, layout.prefix + "train")
    return None if train is None or train.samefile(path) else train


def _existing(folder: Path, stem: str) -> Path | None:
    paths = (folder / (stem + ending) for ending in ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def _stem(path: Path) -> str:
    name = _PAIRS.sub("", path.name)
    return next((name.removesuffix(e) for e in ENDINGS if name.endswith(e)), name)
