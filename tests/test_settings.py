from __future__ import annotations

from pathlib import Path

import pytest

from emoplug import Emoplug, Settings, SettingsError


def test_defaults_need_no_file() -> None:
    assert Settings().plugins == ("onnx", "emotion", "cause", "safety", "strategy", "hef")


def test_code_beats_environment_beats_own_file_beats_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.emoplug]\ndeadline = 1\ntoken_budget = 1\non_error = "raise"\nplugins = ["hef"]\n'
    )
    (tmp_path / "emoplug.toml").write_text("deadline = 2\ntoken_budget = 2\nplugins = []\n")
    monkeypatch.setenv("EMOPLUG_DEADLINE", "3")
    monkeypatch.setenv("EMOPLUG_TOKEN_BUDGET", "3")
    settings = Settings.load(tmp_path, deadline=4)
    assert settings.deadline == 4
    assert settings.token_budget == 3
    assert settings.plugins == ()
    assert settings.on_error == "raise"


def test_files_are_found_from_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "emoplug.toml").write_text('plugins = ["hef"]\n[options.hef]\nbudget = 60\n')
    below = tmp_path / "src" / "bot"
    below.mkdir(parents=True)
    settings = Settings.load(below)
    assert settings.options["hef"]["budget"] == 60
    assert list(Emoplug(settings).plugins) == ["hef"]


def test_nested_options_and_lists_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPLUG_PLUGINS", '["onnx", "emotion"]')
    monkeypatch.setenv("EMOPLUG_OPTIONS__ONNX__DEVICE", "cpu")
    settings = Settings.load(tmp_path)
    assert settings.plugins == ("onnx", "emotion")
    assert settings.options == {"onnx": {"device": "cpu"}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dedline = 1", "unknown key 'dedline' .did you mean 'deadline'"),
        ('deadline = "soon"', "deadline = 'soon' is wrong"),
        ("deadline = 0", "deadline = 0 is wrong"),
        ('on_error = "ignore"', "on_error = 'ignore' is wrong: .*'degrade' or 'raise'"),
        ("deadline = ", "cannot read .*emoplug.toml"),
    ],
)
def test_wrong_settings_are_refused_with_the_fix(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "emoplug.toml").write_text(text)
    with pytest.raises(SettingsError, match=told):
        Settings.load(tmp_path)


def test_unknown_variable_is_refused_with_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPLUG_DEADLIN", "3")
    with pytest.raises(SettingsError, match=r"'EMOPLUG_DEADLIN' .did you mean 'EMOPLUG_DEADLINE'"):
        Settings.load(tmp_path)


def test_variables_of_an_installed_adapter_are_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPLUG_SERVER_PORT", "9000")
    assert Settings.load(tmp_path) == Settings()


def test_variables_named_after_a_plugin_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPLUG_ONNX_DEVICE", "cpu")  # its options are EMOPLUG_OPTIONS__ONNX__…
    with pytest.raises(SettingsError, match="EMOPLUG_ONNX_DEVICE"):
        Settings.load(tmp_path)


def test_a_list_that_is_no_json_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOPLUG_PLUGINS", "onnx,emotion")
    with pytest.raises(SettingsError, match="written as JSON"):
        Settings.load(tmp_path)


def test_unknown_setting_in_code_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean 'on_error'"):
        Emoplug(plugins=[], on_eror="raise")


def test_settings_given_with_emoplug_win_over_those_handed_in() -> None:
    assert Emoplug(Settings(plugins=(), deadline=2), deadline=3).settings.deadline == 3


def test_permissive_only_is_told_to_the_plugins_that_ask_for_it() -> None:
    emo = Emoplug(plugins=["onnx", "hef"], permissive_only=True)
    assert emo.plugins["onnx"].options.permissive_only  # type: ignore[attr-defined]  # by name
    assert emo.settings.permissive_only
    again = Emoplug(emo.settings)
    assert again.plugins["onnx"].options.permissive_only  # type: ignore[attr-defined]  # by name
