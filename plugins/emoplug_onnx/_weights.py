"""Finds the encoder's weights and makes sure they are what they say, before anything runs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emoplug import PluginLoadError, WeightsError
from emoplug_onnx._files import Contents, corrupt, naming, read_checked, read_facts
from emoplug_onnx._lock import SHIPPED

FACTS = "encoder.json"
MODEL = "encoder.onnx"
TOKENIZER = "tokenizer.json"
FORMAT = 1


@dataclass(frozen=True)
class Weights:
    """A checked folder of weights.

    Attributes:
        folder: Where the files are.
        labels: Names of the emotion columns.
        thresholds: Per label, the probability above which it holds.
        temperature: Divides emotion logits before the sigmoid.
        window: Most tokens in one pass, both special tokens included.
        sha256: Hash of each file, checked.
    """

    folder: Path
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    temperature: float
    window: int
    sha256: dict[str, str]

    def read(self) -> Contents:
        """Read ``MODEL`` and ``TOKENIZER``, making sure that they are what they were.

        Raises:
            WeightsError: a file is missing or was changed.
        """
        return read_checked(self.folder, FACTS, (MODEL, TOKENIZER), self.sha256)


def find_weights(source: str | None) -> Weights:
    """Find and check weights: the shipped ones, a local folder, or a hub id ``owner/name``.

    Raises:
        WeightsError: a file is missing, was changed, or is of another format.
        PluginLoadError: a hub id was given and huggingface_hub is not installed.
    """
    if source is None:
        folder = SHIPPED
    elif Path(source).is_dir():
        folder = Path(source)
    elif source.count("/") == 1 and not source.startswith((".", "/", "~")):
        folder = _download(source)
    else:
        raise WeightsError(f"no weights at {source!r}; give a folder with {FACTS}, or a hub id")
    return _checked(folder)


def _download(hub_id: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise PluginLoadError(
            "onnx",
            "needs huggingface_hub for a hub id",
            "try: pip install huggingface_hub, or give a folder",
            "huggingface_hub",
        ) from error
    try:
        return Path(snapshot_download(hub_id, allow_patterns=[FACTS, MODEL, TOKENIZER]))
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError, ValueError) as error:
        raise WeightsError(
            f"could not get weights {hub_id!r} from the hub ({type(error).__name__}); "
            "check the id and the network, or give a local folder"
        ) from error


def _checked(folder: Path) -> Weights:
    facts = read_facts(folder / FACTS, FORMAT)
    with naming(folder / FACTS):
        weights = Weights(
            folder=folder,
            labels=tuple(facts["labels"]),
            thresholds=tuple(map(float, facts["thresholds"])),
            temperature=float(facts["temperature"]),
            window=int(facts["window"]),
            sha256=dict(facts["sha256"]),
        )
    if len(weights.labels) != len(weights.thresholds):
        raise corrupt(folder / FACTS, "labels and thresholds differ in number")
    weights.read()
    return weights
