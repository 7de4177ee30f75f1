from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import pytest

from emoplug import Emoplug, SettingsError
from emoplug_safety import Options, Safety
from emoplug_safety._resources import TEMPLATE, read_resources

OWN = """
[regions.international]
emergency = "the local emergency number"
[regions.IS]
emergency = "112"
[[regions.IS.resources]]
name = "A helpline of ours"
contact = "1717"
kinds = ["self-harm"]
checked = 2020-01-01
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "help.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def told(path: Path, region: str | None) -> str:
    options = {"safety": {"resources": str(path), "region": region}}
    emo = Emoplug(plugins=["safety"], options=options, on_error="raise", deadline=60)
    return emo.prepare([{"role": "user", "content": "I want to kill myself."}]).guidance_text


def test_the_template_has_help_for_every_kind_of_danger_somewhere() -> None:
    regions = read_resources(None).regions
    kinds = {kind for region in regions.values() for one in region.resources for kind in one.kinds}
    assert kinds == {"self-harm", "abuse", "medical"}
    assert "findahelpline.com" in {one.contact for one in regions["international"].resources}


def test_the_deployers_file_is_what_the_model_is_told(own: Path) -> None:
    assert "A helpline of ours (1717)" in told(own, "is")
    assert "in immediate danger 112" in told(own, "IS")


def test_an_unknown_region_gets_the_international_entry_and_it_is_said_once(
    own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "emoplug.safety"):
        assert "the local emergency number" in told(own, "ZZ")
    assert sum("'ZZ'" in record.message for record in caplog.records) == 1
    facts = Safety(Options(resources=own, region="ZZ")).diagnose()
    assert "international" in facts["region"]


def test_old_entries_are_told_by_diagnose(own: Path) -> None:
    facts = Safety(Options(resources=own, region="IS")).diagnose()
    assert "A helpline of ours (2020-01-01)" in facts["resources to check"]
    own.write_text(OWN.replace("2020-01-01", date.today().isoformat()), encoding="utf-8")
    assert "resources to check" not in Safety(Options(resources=own)).diagnose()


def test_diagnose_says_that_the_template_is_no_ones(own: Path) -> None:
    assert "template" in Safety().diagnose()["resources to own"]
    assert "resources to own" not in Safety(Options(resources=own)).diagnose()


@pytest.mark.parametrize(
    ("wrong", "right", "named"),
    [
        ('kinds = ["self-harm"]', 'kinds = ["sadness"]', "regions.IS.resources.0.kinds"),
        ("checked = 2020-01-01", 'checked = "soon"', "regions.IS.resources.0.checked"),
        ('contact = "1717"', 'contact = "1717]"', "regions.IS.resources.0.contact"),
        ('contact = "1717"', 'phone = "1717"', "regions.IS.resources.0.contact"),
        ('emergency = "112"', "", "regions.IS.emergency"),
        ("[regions.IS]", "[regions.Iceland]", "regions.Iceland"),
        ("[regions.international]", "[regions.NO]", "international"),
        ("[regions.IS]", "[regions.IS", "mend it"),
    ],
)
def test_a_wrong_file_names_file_key_and_fix(own: Path, wrong: str, right: str, named: str) -> None:
    own.write_text(OWN.replace(wrong, right), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Safety(Options(resources=own))
    for part in (str(own), named):
        assert part in str(caught.value)
    assert str(TEMPLATE) in str(caught.value) or "add [regions.international]" in str(caught.value)


def test_a_missing_file_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml.*start from a copy"):
        Safety(Options(resources=tmp_path / "gone.toml"))
