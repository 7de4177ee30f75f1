"""Help resources by region, from a file that the deployer owns."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from emoplug import SettingsError
from emoplug_safety._rules import Kind

TEMPLATE = Path(__file__).parent / "resources.toml"
INTERNATIONAL = "international"
OLD = timedelta(days=365)
"""An entry checked longer ago than this may be wrong."""
Line = Annotated[
    # They go into the note to the model, which brackets enclose.
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\[\]\x00-\x1f\x7f]+$")
]
Code = Annotated[str, StringConstraints(pattern=f"^(?:[A-Z]{{2}}|{INTERNATIONAL})$")]


class Resource(BaseModel):
    """Somebody to turn to.

    Attributes:
        name: What it is called.
        contact: How to reach it, as the person is to read it.
        kinds: Which dangers it is for.
        checked: When its owner last made sure of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    contact: Line
    kinds: tuple[Kind, ...] = Field(min_length=1)
    checked: date


class Region(BaseModel):
    """What there is in one region.

    Attributes:
        emergency: The number for emergencies.
        resources: Others to turn to, the best first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    emergency: Line
    resources: tuple[Resource, ...] = ()

    def of(self, kind: str) -> tuple[Resource, ...]:
        """Answer those for one kind of danger."""
        return tuple(one for one in self.resources if kind in one.kinds)


class Resources(BaseModel):
    """Everything in one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: Mapping[Code, Region]

    def old(self, today: date) -> Iterator[str]:
        """Name the entries that nobody has checked for a year."""
        for code, region in self.regions.items():
            for one in region.resources:
                if today - one.checked > OLD:
                    yield f"{code}: {one.name} ({one.checked})"


def read_resources(path: Path | None) -> Resources:
    """Read the deployer's file, or the template.

    Raises:
        SettingsError: it cannot be read, or is not as it must be; names file, key and fix.
    """
    path = path or TEMPLATE
    try:
        resources = Resources.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"cannot read the resources {path}: {error}; mend it, or start from a copy of "
            f"{TEMPLATE}"
        ) from error
    except ValidationError as error:
        raise SettingsError(f"{path}: {_told(error)}") from error
    if INTERNATIONAL not in resources.regions:
        raise SettingsError(
            f"{path}: regions has no {INTERNATIONAL!r}, for people of other regions; add "
            f"[regions.{INTERNATIONAL}]"
        )
    return resources


def _told(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = ".".join(str(key) for key in problem["loc"])
    return f"{name} is wrong: {problem['msg']}; mend it as in {TEMPLATE}"
